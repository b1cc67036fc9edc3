"""JSON Schemas of the YAML files, for editors: `python -m inference_constructs.config.yaml.json_schema docs/schema`."""

import json
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from inference_constructs.config.backends import any_service_model, environment_file_model
from inference_constructs.config.models.service import Service
from inference_constructs.config.pipeline.pipeline import Pipeline

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/"


def service_schema() -> Schema:
    """The schema of a `service.yaml`."""
    return _document("A service", any_service_model().model_json_schema())


def environment_schema() -> Schema:
    """The schema of a file under `environments/`, with what it may override of a service."""
    schema = environment_file_model().model_json_schema()
    service = any_service_model().model_json_schema()
    definitions: Schema = service.pop("$defs")
    schema["$defs"] |= definitions | _overrides(service, definitions)
    del schema["$defs"]["ServiceOverride"]["properties"]["name"]
    services = schema["properties"]["services"]
    services["additionalProperties"] = {"anyOf": [{"$ref": f"{_REFERENCE}ServiceOverride"}, {"type": "null"}]}
    return _document("An environment", schema)


def pipeline_schema() -> Schema:
    """The schema of `pipeline.yaml`."""
    return _document("A pipeline", Pipeline.model_json_schema())


def write_schemas(folder: Path) -> None:
    """Write the schemas into a folder: `service.schema.json`, `environment.schema.json`, `pipeline.schema.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    schemas = {"service": service_schema(), "environment": environment_schema(), "pipeline": pipeline_schema()}
    for name, schema in schemas.items():
        (folder / f"{name}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


def _overrides(service: Schema, definitions: Schema) -> Schema:
    """For the service and every mapping in it, a twin in which each key may be left out or set to null."""
    models = {name for name, body in definitions.items() if body.get("type") == "object"}
    bodies = definitions | {"Service": service}
    return {f"{name}Override": _optional(bodies[name], models) for name in sorted(models | {"Service"})}


def _optional(model: Schema, models: AbstractSet[str]) -> Schema:
    properties = {}
    for key, value in model["properties"].items():
        stated = {name: part for name, part in value.items() if name not in {"default", "description"}}
        override = stated if key in Service.REPLACED_WHOLE else _merged(stated, models)
        choices = override["anyOf"] if set(override) == {"anyOf"} else [override]
        null = [] if {"type": "null"} in choices else [{"type": "null"}]
        properties[key] = {"anyOf": [*choices, *null]} | _annotations(value)
    return {key: part for key, part in model.items() if key != "required"} | {"properties": properties}


def _merged(node: Schema, models: AbstractSet[str]) -> Schema:
    """The same with every mapping replaced by its twin; lists are not merged, so what is in them stays."""
    if "$ref" in node:
        name = node["$ref"].removeprefix(_REFERENCE)
        return {"$ref": f"{_REFERENCE}{name}Override"} if name in models else node
    merged = dict(node)
    if "anyOf" in node:
        merged["anyOf"] = [_merged(each, models) for each in node["anyOf"]]
    if isinstance(node.get("additionalProperties"), dict):
        twin = _merged(node["additionalProperties"], models)
        merged["additionalProperties"] = {"anyOf": [twin, {"type": "null"}]}
    return merged


def _annotations(value: Schema) -> Schema:
    return {"description": value["description"]} if "description" in value else {}


def _document(title: str, schema: Schema) -> Schema:
    return {"$schema": _DIALECT, **_without_titles(schema), "title": title}


def _without_titles(node: Any) -> Any:
    """Drop the titles that pydantic makes of Python names; a property called title would be a mapping."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value) for key, value in node.items() if key != "title" or not isinstance(value, str)
        }
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return node


def main() -> None:
    """Write the schemas into the folder that is named."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one folder
        sys.exit("usage: python -m inference_constructs.config.yaml.json_schema FOLDER")
    write_schemas(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
