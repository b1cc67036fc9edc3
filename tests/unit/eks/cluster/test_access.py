"""Who may look at a cluster, and who may change it."""

from tests.unit.eks.clusters import ADMIN, VIEWER, Deployed, deployed


def policies(cluster: Deployed) -> dict[str, list[str]]:
    """Names of the access policies by principal, of people's entries."""
    return {
        entry["PrincipalArn"]: [policy["PolicyArn"].rsplit("/", 1)[-1] for policy in entry["AccessPolicies"]]
        for entry in cluster.properties("AWS::EKS::AccessEntry")
        if isinstance(entry["PrincipalArn"], str)
    }


def test_only_access_entries_lead_into_the_cluster() -> None:
    access = deployed().only("AWS::EKS::Cluster")["AccessConfig"]
    assert access == {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False}


def test_nobody_is_let_in_by_default() -> None:
    cluster = deployed()
    assert policies(cluster) == {}
    assert cluster.objects("ClusterRole") == []


def test_admins_do_everything_and_viewers_see_everything_but_secrets() -> None:
    cluster = deployed(admins=[ADMIN], viewers=[VIEWER])
    assert policies(cluster) == {ADMIN: ["AmazonEKSClusterAdminPolicy"], VIEWER: ["AmazonEKSViewPolicy"]}
    rules = cluster.one("ClusterRole")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    seen = {kind for rule in rules for kind in rule["resources"]}
    assert {"nodes", "nodepools", "nodeclasses", "targetgroupbindings"} <= seen
    assert not seen & {"secrets", "*"}
    (subject,) = cluster.one("ClusterRoleBinding")["subjects"]
    (entry,) = (each for each in cluster.properties("AWS::EKS::AccessEntry") if each["PrincipalArn"] == VIEWER)
    assert entry["KubernetesGroups"] == [subject["name"]]


def test_a_viewer_who_becomes_an_admin_keeps_the_entry() -> None:
    """A second entry for a principal is refused, and CloudFormation makes new ones before it deletes old ones."""
    (before,) = deployed(viewers=[ADMIN]).ids("AWS::EKS::AccessEntry", naming=ADMIN)
    (after,) = deployed(admins=[ADMIN]).ids("AWS::EKS::AccessEntry", naming=ADMIN)
    assert before == after
