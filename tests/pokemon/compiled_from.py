"""Which files a compiled kernel is made of, read off the sources: a second opinion on what each compiler hashes.

From the kernel on, every name that a function's body uses is followed to where it is defined: rules into their bodies, constants into the
expressions and functions that compute them, imports into the module imported from. Annotations and decorators compile to nothing.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

Name = tuple[str, str]
"""A module and a name of its."""


@cache
def file_of(module: str) -> Path | None:
    """None for what is no module of this project. Imports nothing but its outermost package."""
    top, *parts = module.split(".")
    spec = find_spec("psro")
    if top != "psro" or spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*parts)
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


@cache
def _definitions(module: str) -> dict[str, list[ast.stmt]]:
    """Top-level statements by the names that they bind."""
    path = file_of(module)
    assert path is not None
    found: dict[str, list[ast.stmt]] = {}
    for statement in ast.parse(path.read_text()).body:
        for name in _bound(statement):
            found.setdefault(name, []).append(statement)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _compiled(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it but annotations and decorators."""
    yield node
    left_out = {"annotation", "returns", "decorator_list"}
    for field, value in ast.iter_fields(node):
        if field in left_out:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _compiled(child)


def _followed(module: str, statement: ast.stmt, name: str) -> Iterator[Name]:
    if isinstance(statement, ast.ImportFrom):
        (alias,) = (alias for alias in statement.names if (alias.asname or alias.name) == name)
        whole = f"{statement.module}.{alias.name}"
        yield (whole, "") if file_of(whole) else (str(statement.module), alias.name)
        return
    if isinstance(statement, ast.Import):
        return
    for node in _compiled(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            for imported in _definitions(module).get(node.value.id, []):
                if isinstance(imported, ast.ImportFrom):
                    (target,) = _followed(module, imported, node.value.id)
                    if target[1] == "":
                        yield target[0], node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield module, node.id


def kernels_of(module: str) -> list[Name]:
    """The functions of a module that are decorated as kernels."""
    return [
        (module, name)
        for name, statements in _definitions(module).items()
        for statement in statements
        if isinstance(statement, ast.FunctionDef)
        and any(
            isinstance(decorator, ast.Call)
            and ast.unparse(decorator.func).rpartition(".")[2] == "kernel"
            for decorator in statement.decorator_list
        )
    ]


def files_of(kernels: list[Name]) -> set[Path]:
    """Every file of this project, data too, that something compiled into the kernels comes from."""
    seen: set[Name] = set()
    files: set[Path] = set()
    left = list(kernels)
    while left:
        module, name = one = left.pop()
        path = file_of(module)
        if one in seen or path is None:
            continue
        seen.add(one)
        if name == "":  # a module by itself gives nothing; names of it do
            continue
        statements = _definitions(module).get(name, [])
        if statements:
            files.add(path)
        for statement in statements:
            left += _followed(module, statement, name)
            for node in _compiled(statement):
                if isinstance(node, ast.Constant) and str(node.value).endswith(".json"):
                    files.add(path.with_name(str(node.value)))
    return files
