"""SageMaker hosting: models, endpoint configurations and endpoints, on top of moto's backends."""
