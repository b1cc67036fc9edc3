"""Where the pipeline gets commits from."""

from aws_cdk import Stack, aws_codecommit, aws_codepipeline, aws_events, aws_events_targets, aws_iam, aws_s3
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk.pipelines import CodePipeline, CodePipelineSource
from constructs import Construct

from inference_constructs.config import Source
from inference_constructs.config.pipeline.source import SourceBucket


class PipelineSource(Construct):
    """A repository or a zip file, whose every change starts the pipeline.

    Attributes:
        files: What steps take as their input.
    """

    def __init__(self, scope: Construct, construct_id: str, *, source: Source) -> None:
        """Refer to the source.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            source: Where commits come from.
        """
        super().__init__(scope, construct_id)
        self._zip = source.s3
        self._connection = source.connection
        self.files = self._create_files(source)

    def start_on_change(self, pipeline: aws_codepipeline.IPipeline) -> None:
        """Have a new zip file start the pipeline; a repository's commits do so by themselves."""
        if self._zip is None:
            return
        aws_events.Rule(
            self,
            "Uploaded",
            description=f"Starts the pipeline when {self._zip.key} is uploaded",
            event_pattern=aws_events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [self._zip.bucket]}, "object": {"key": [self._zip.key]}},
            ),
            targets=[aws_events_targets.CodePipeline(pipeline)],
        )

    def let_in(self, pipeline: CodePipeline) -> None:
        """Let every role that may use the connection do so by the service's present name too.

        The CDK grants it by the name that CodeConnections had before, which does not cover an ARN with the present one.

        Args:
            pipeline: The pipeline, after it was built.
        """
        if self._connection is None:
            return
        stack = Stack.of(pipeline)
        for policy in stack.node.find_all():
            if isinstance(policy, aws_iam.Policy) and "codestar-connections:UseConnection" in str(
                stack.resolve(policy.document)
            ):
                policy.add_statements(
                    aws_iam.PolicyStatement(actions=["codeconnections:UseConnection"], resources=[self._connection.arn])
                )

    def _create_files(self, source: Source) -> CodePipelineSource:
        # The tests read what git knows of, hence a clone; the zip file brings its own.
        if source.connection is not None:
            return CodePipelineSource.connection(
                source.connection.repository,
                source.connection.branch,
                connection_arn=source.connection.arn,
                code_build_clone_output=True,
            )
        if source.codecommit is not None:
            repository = aws_codecommit.Repository.from_repository_name(
                self, "Repository", source.codecommit.repository
            )
            return CodePipelineSource.code_commit(
                repository,
                source.codecommit.branch,
                trigger=actions.CodeCommitTrigger.EVENTS,
                code_build_clone_output=True,
            )
        if source.s3 is not None:
            return self._files_of(source.s3)
        message = "no source; validation refuses such a pipeline"
        raise ValueError(message)

    def _files_of(self, place: SourceBucket) -> CodePipelineSource:
        # CodePipeline's own event needs a trail of the bucket's data events; EventBridge needs none.
        bucket = aws_s3.Bucket.from_bucket_name(self, "Bucket", place.bucket)
        return CodePipelineSource.s3(bucket, place.key, trigger=actions.S3Trigger.NONE)
