"""What `kustomize build` makes of a folder, for the few features that deploy/ uses.

Kustomize itself is in neither Debian nor PyPI. A kustomization with a field that is not
known here is refused, so nothing is left out silently."""
import copy

import repository

KNOWN_FIELDS = {"apiVersion", "kind", "resources", "patches", "images"}


def identity(document):
    return document["kind"], document["metadata"]["name"]


def merged(value, patch):
    """A strategic merge: maps by key, lists of named things by name, other lists replaced."""
    if isinstance(value, dict) and isinstance(patch, dict):
        result = dict(value)
        for key, part in patch.items():
            result[key] = merged(value[key], part) if key in value else copy.deepcopy(part)
        return result
    if is_list_of_named(value) and is_list_of_named(patch):
        by_name = {item["name"]: item for item in value}
        for item in patch:
            by_name[item["name"]] = merged(by_name.get(item["name"], {}), item)
        return list(by_name.values())
    return copy.deepcopy(patch)


def is_list_of_named(value):
    return isinstance(value, list) and all(isinstance(item, dict) and "name" in item for item in value)


def apply_patch(documents, patch):
    targets = [index for index, document in enumerate(documents) if identity(document) == identity(patch)]
    if len(targets) != 1:
        raise ValueError(f"a patch for {identity(patch)} fits {len(targets)} resources, expected 1")
    documents[targets[0]] = merged(documents[targets[0]], patch)


def split_image(image):
    """(name, tag) of `name:tag`; a colon before a slash belongs to a registry's port."""
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "")


def apply_image(documents, change):
    for document in documents:
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for container in [*pod.get("containers", ()), *pod.get("initContainers", ())]:
            name, tag = split_image(container["image"])
            if name == change["name"]:
                tag = change.get("newTag", tag)
                container["image"] = change.get("newName", name) + (f":{tag}" if tag else "")


def build(folder):
    """All resources of a kustomization, patched. ValueError on what this does not know."""
    kustomization = repository.load_yaml(folder / "kustomization.yaml")
    unknown = set(kustomization) - KNOWN_FIELDS
    if unknown:
        raise ValueError(f"{folder}: fields that this test does not know: {sorted(unknown)}")
    documents = []
    for resource in kustomization["resources"]:
        path = (folder / resource).resolve()
        documents += build(path) if path.is_dir() else repository.load_yaml_documents(path)
    identities = [identity(document) for document in documents]
    if len(set(identities)) != len(identities):
        raise ValueError(f"{folder}: a resource comes twice: {identities}")
    for patch in kustomization.get("patches", ()):
        apply_patch(documents, repository.load_yaml(folder / patch["path"]))
    for change in kustomization.get("images", ()):
        apply_image(documents, change)
    return documents
