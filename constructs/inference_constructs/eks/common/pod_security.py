"""What the pod security standard `restricted` asks of a pod, and a read-only root on top."""

from cdk8s_plus_33 import k8s

LABEL_PREFIX = "pod-security.kubernetes.io"


def namespace_labels() -> dict[str, str]:
    """Labels that make a namespace refuse other pods, by the standard as the cluster's own version knows it."""
    modes = ("enforce", "audit", "warn")
    return {f"{LABEL_PREFIX}/{mode}": "restricted" for mode in modes} | {
        f"{LABEL_PREFIX}/{mode}-version": "latest" for mode in modes
    }


def pod_security_context(user: int) -> k8s.PodSecurityContext:
    """A user that is not root, who may write to the pod's volumes; only the system calls that containers need."""
    return k8s.PodSecurityContext(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
    )


def container_security_context(*, read_only_root: bool = True) -> k8s.SecurityContext:
    """No capabilities, no way to more rights, nothing to write to but volumes unless the root may be written to."""
    return k8s.SecurityContext(
        allow_privilege_escalation=False,
        capabilities=k8s.Capabilities(drop=["ALL"]),
        read_only_root_filesystem=read_only_root,
        run_as_non_root=True,
    )
