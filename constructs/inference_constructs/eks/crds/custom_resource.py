"""Kubernetes' CustomResourceDefinition: registers a kind of object with a cluster.

The fields are those of `apiextensions.k8s.io/v1`. cdk8s types them but for what a schema nests, which is all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.rendering import NAME, as_object


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What a value may be. The API server drops every key of an object that its schema does not name.

    Attributes:
        type: Its type; none for a number or a text.
        properties: The schemas of an object's keys.
        required: The keys that an object has to have.
        additional_properties: The schema of an object's other keys.
        items: The schema of a list's members.
        enum: The only texts there may be.
        format: The size of a number, such as `int64`.
        any_of: Several that it may follow.
        int_or_string: Whether it is a number or a text.
        preserve_unknown_fields: Whether keys that are not named are kept.
    """

    type: Literal["object", "array", "string", "integer", "boolean"] | None = None
    properties: "Mapping[str, Schema] | None" = None
    required: Sequence[str] | None = None
    additional_properties: "Schema | None" = None
    items: "Schema | None" = None
    enum: Sequence[str] | None = None
    format: str | None = None
    any_of: "Sequence[Schema] | None" = None
    int_or_string: bool | None = field(default=None, metadata={NAME: "x-kubernetes-int-or-string"})
    preserve_unknown_fields: bool | None = field(default=None, metadata={NAME: "x-kubernetes-preserve-unknown-fields"})


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of `kubectl get`.

    Attributes:
        name: The heading.
        json_path: Where it is.
        type: `string` or `date`.
        priority: 0, or 1 for what only `-o wide` shows.
    """

    name: str
    json_path: str
    type: Literal["string", "date"] = "string"
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class _Names:
    kind: str
    list_kind: str
    plural: str
    singular: str


@dataclass(frozen=True, kw_only=True)
class _Validation:
    schema: Schema = field(metadata={NAME: "openAPIV3Schema"})


@dataclass(frozen=True, kw_only=True)
class _Subresources:
    status: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _Version:
    name: str
    schema: _Validation
    served: bool
    storage: bool
    subresources: _Subresources
    additional_printer_columns: Sequence[Column]


@dataclass(frozen=True, kw_only=True)
class _Definition:
    group: str
    names: _Names
    scope: str
    versions: Sequence[_Version]


@dataclass(frozen=True, kw_only=True)
class CustomResource:
    """A kind, in one version.

    Attributes:
        group: Its API group.
        version: The version of the group.
        kind: Its name in manifests.
        plural: Its name in paths.
        scope: Whether its objects are in namespaces.
        spec: What its `spec` may be.
        status: What its `status` may be.
        columns: What `kubectl get` shows besides the name.
    """

    group: str
    version: str
    kind: str
    plural: str
    scope: Literal["Namespaced", "Cluster"]
    spec: Schema
    status: Schema
    columns: Sequence[Column] = ()

    def manifest(self) -> Manifest:
        """The definition as Kubernetes takes it."""
        age = Column(name="AGE", json_path=".metadata.creationTimestamp", type="date")
        names = _Names(kind=self.kind, list_kind=f"{self.kind}List", plural=self.plural, singular=self.kind.lower())
        version = _Version(
            name=self.version,
            schema=_Validation(schema=self._schema()),
            served=True,
            storage=True,
            subresources=_Subresources(status={}),
            additional_printer_columns=[*self.columns, age],
        )
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{self.plural}.{self.group}", "labels": {MANAGED_BY: SLIPWAY}},
            "spec": as_object(_Definition(group=self.group, names=names, scope=self.scope, versions=[version])),
        }

    def _schema(self) -> Schema:
        text = Schema(type="string")
        return Schema(
            type="object",
            properties={
                "apiVersion": text,
                "kind": text,
                "metadata": Schema(type="object"),
                "spec": self.spec,
                "status": self.status,
            },
        )
