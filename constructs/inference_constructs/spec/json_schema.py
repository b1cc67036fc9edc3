"""JSON Schemas of the YAML files, for editors: `python -m inference_constructs.spec.json_schema docs/schema`."""

import json
import sys
from pathlib import Path
from typing import Any

from inference_constructs.spec.environment import EnvironmentFile
from inference_constructs.spec.service import Service

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/"


def service_schema() -> Schema:
    """The schema of a `service.yaml`."""
    return _document("A service", Service.model_json_schema())


def environment_schema() -> Schema:
    """The schema of a file under `environments/`, with what it may override of a service."""
    schema = EnvironmentFile.model_json_schema()
    service = Service.model_json_schema()
    definitions: Schema = service.pop("$defs")
    schema["$defs"] |= definitions | _overrides(service, definitions)
    del schema["$defs"]["ServiceOverride"]["properties"]["name"]
    services = schema["properties"]["services"]
    services["additionalProperties"] = {"anyOf": [{"$ref": f"{_REFERENCE}ServiceOverride"}, {"type": "null"}]}
    return _document("An environment", schema)


def write_schemas(folder: Path) -> None:
    """Write both schemas into a folder, as `service.schema.json` and `environment.schema.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in (("service", service_schema()), ("environment", environment_schema())):
        (folder / f"{name}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


def _overrides(service: Schema, definitions: Schema) -> Schema:
    """For the service and every mapping in it, a twin in which each key may be left out or set to null."""
    models = {name: body for name, body in definitions.items() if body.get("type") == "object"} | {"Service": service}
    return {f"{name}Override": _optional(body) for name, body in models.items() if name not in _kept_whole(service)}


def _kept_whole(service: Schema) -> set[str]:
    """The mappings that an environment replaces as a whole keep the shape that they have in a service."""
    return {service["properties"][key]["$ref"].removeprefix(_REFERENCE) for key in Service.REPLACED_WHOLE}


def _optional(model: Schema) -> Schema:
    properties = {
        key: {"anyOf": [_override_reference(value, key), {"type": "null"}]} | _annotations(value)
        for key, value in model["properties"].items()
    }
    return {**model, "properties": properties} | {"required": []}


def _override_reference(value: Schema, key: str) -> Schema:
    value = {name: part for name, part in value.items() if name not in {"default", "description"}}
    if "$ref" in value and key not in Service.REPLACED_WHOLE and not value["$ref"].endswith("ScalingMetric"):
        return {"$ref": f"{value['$ref']}Override"}
    return value


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
        sys.exit("usage: python -m inference_constructs.spec.json_schema FOLDER")
    write_schemas(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
