"""What a build is given, and what that comes to: the same files as Docker's own client would send."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths
from hypothesis import given, settings
from hypothesis import strategies as st

from tuienv.context import contents, context_files

TREE = (
    "Dockerfile",
    "app.py",
    "notes.md",
    "README.md",
    "web/app.py",
    "web/notes.md",
    "web/static/site.css",
    "web/static/README.md",
    "node_modules/left/index.js",
    "node_modules/keep/index.js",
    ".git/config",
    "a b/c",
)


def tree(folder: Path, ignore: str = "") -> Path:
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    if ignore:
        (folder / ".dockerignore").write_text(ignore)
    return folder


def files(folder: Path) -> set[str]:
    return {name for name in context_files(folder, "Dockerfile") if (folder / name).is_file()}


@pytest.mark.parametrize(
    ("ignore", "left_out"),
    [
        ("*.md", {"notes.md", "README.md"}),
        ("**/*.md", {"notes.md", "README.md", "web/notes.md", "web/static/README.md"}),
        ("*.md\n!README.md", {"notes.md"}),
        ("!README.md\n*.md", {"notes.md", "README.md"}),
        ("/web/", {"web/app.py", "web/notes.md", "web/static/site.css", "web/static/README.md"}),
        ("web\n!web/static", {"web/app.py", "web/notes.md"}),
        ("node_modules/*\n!node_modules/keep", {"node_modules/left/index.js"}),
        ("**", set(TREE) - {"Dockerfile"}),
        ("**\n!web/**", set(TREE) - {"Dockerfile"} - {name for name in TREE if name.startswith("web/")}),
        ("# a comment\n\n  .git  ", {".git/config"}),
        ("a?b", {"a b/c"}),
        ("[an]*.*", {"app.py", "notes.md"}),
        ("[^an]*.md", {"README.md"}),
        (r"[\d\n]o*.md", {"notes.md"}),
        ("[\\Qa]*.py", {"app.py"}),
        ("[z-a]*\n*.md", {"notes.md", "README.md"}),
        ("[^]x]", set()),
        ("[a-c]*.py", {"app.py"}),
        (r"[\[&~|a\]]*.py", {"app.py"}),
        (".", set()),
        ("./web/../app.py", {"app.py"}),
        ("Dockerfile\n.dockerignore", set()),
    ],
)
def test_what_is_ignored(tmp_path: Path, ignore: str, left_out: set[str]) -> None:
    assert files(tree(tmp_path, ignore)) == {*TREE, ".dockerignore"} - left_out


WORDS = st.sampled_from(["web", "app.py", "*.md", "**", "node_modules", "*", "static", "k??p", "notes.md", "index.js"])
LINES = st.lists(
    st.tuples(st.sampled_from(["", "!"]), st.lists(WORDS, min_size=1, max_size=3).map("/".join)).map("".join),
    max_size=4,
)


@settings(max_examples=150)
@given(lines=LINES)
def test_it_is_what_dockers_own_client_sends(lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tree(tmp_path_factory.mktemp("context"), "\n".join(lines))
    theirs = {name for name in exclude_paths(str(folder), lines) if (folder / name).is_file()}
    ours = files(folder)
    # Theirs asks of a path only its folder of the pattern's own depth; the reference, and the engine, any of them.
    assert ours <= theirs | {".dockerignore"}
    deep = any("**" in line for line in lines)
    assert deep or ours - {".dockerignore"} == theirs - {".dockerignore"}, lines


@settings(max_examples=300)
@given(text=st.one_of(st.text(max_size=40), st.text("[]^-\\\\!*?azd&~|", max_size=12)))
def test_whatever_the_file_says_it_is_read(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("context")
    (folder / "Dockerfile").write_text("")
    (folder / ".dockerignore").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "Dockerfile" in context_files(folder, "Dockerfile")


def test_contents_follow_from_names_modes_and_bytes_and_from_nothing_else(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")

    def digest(folder: Path) -> str:
        return contents(folder, context_files(folder, "Dockerfile"))

    os.utime(other / "app.py", (1, 1))
    same = digest(one)
    assert digest(other) == same
    seen = {same}
    for change in (
        lambda: (other / "app.py").write_text("changed"),
        lambda: (other / "app.py").chmod(0o755),
        lambda: (other / "app.py").rename(other / "main.py"),
        lambda: (other / "link").symlink_to("main.py"),
        lambda: (other / "empty").mkdir(),
    ):
        change()
        assert digest(other) not in seen
        seen.add(digest(other))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = tree(tmp_path / "context")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    assert "up" in context_files(folder, "Dockerfile")
    assert not any(name.startswith("up/") for name in context_files(folder, "Dockerfile"))
