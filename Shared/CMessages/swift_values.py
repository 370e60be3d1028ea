#!/usr/bin/env python3
"""swift_values.py PROTO FOLDER: writes the messages of a proto file as Swift values, one file each, and its endpoints.

It reads the part of protobuf's language that cluster.proto uses, line by line, and refuses every other line. The head
of cluster.proto says how fields become properties. A kind of field that is new to the project needs a rule in `plain`.
"""
import pathlib
import re
import sys
import textwrap
from dataclasses import dataclass, field
from functools import cached_property

WIDTH = 120
HEAD = "// Made by Shared/CMessages/generate: edit cluster.proto, then run that.\n"
WRITER = "_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R"


# ---- what stands in the proto file ----

@dataclass
class Field:
    place: str                      # file and line, for errors
    type: str
    name: str
    repeated: bool
    docs: list[str]
    note: str                       # what `swift:` says

    def refuse(self, reason):
        sys.exit(f"{self.place}: the field {self.name} {reason}")


@dataclass
class Message:
    place: str
    package: str
    name: str
    docs: list[str]
    note: str
    path: str                       # of the endpoint whose request it is, or empty
    answer: str                     # and the message that the endpoint answers with
    fields: list[Field] = field(default_factory=list)

    def refuse(self, reason):
        sys.exit(f"{self.place}: the message {self.name} {reason}")


def parse(file):
    """The messages of a proto file, by name, in their order."""
    messages, package, comments = {}, "", []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        place = f"{file}:{number}"
        code, _, comment = (part.strip() for part in line.partition("//"))
        if comment:
            comments.append(comment)
        if not code:
            if not comment:
                comments = []       # what stands above an empty line belongs to nothing below it
            continue
        docs = [text for text in comments if not text.startswith(("swift:", "POST "))]
        note = "".join(text.removeprefix("swift:").strip() for text in comments if text.startswith("swift:"))
        if match := re.fullmatch(r"message (\w+) \{\}?", code):
            calls = (re.fullmatch(r"POST (/\S+) -> (\w+)", text) for text in comments)
            path, answer = next((call.groups() for call in calls if call), ("", ""))
            message = messages[match[1]] = Message(place, package, match[1], docs, note, path, answer)
        elif messages and (match := re.fullmatch(r"(repeated )?(\w+) (\w+) = \d+;", code)):
            message.fields.append(Field(place, match[2], match[3], bool(match[1]), docs, note))
        elif match := re.fullmatch(r"package ([\w.]+);", code):
            package = match[1]
        elif not re.fullmatch(r'\}|reserved \d+;|syntax = "proto3";', code):
            sys.exit(f"{place}: this line is not understood: {code}")
        comments = []
    return messages


# ---- what becomes of it in Swift ----

@dataclass
class Property:
    name: str
    type: str
    read: str                       # its value, from the C `message`, by the help of `fields`
    writes: list[tuple[str, str]] = field(default_factory=list)     # fields of the C message, and their values
    lent_as: str = ""               # the C field that lends the property's memory while the message is encoded
    throws: bool = False            # whether `read` does
    default: str = ""
    docs: list[str] = field(default_factory=list)


def camel(name):
    first, *rest = ("milliseconds" if word == "ms" else word for word in name.split("_"))
    return first + "".join(word.capitalize() for word in rest)


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def plain(it, type, values):
    """The rule for a field that is a property of its own; `type` is what `swift:` says, or empty."""
    name, source, count = camel(it.name), f"message.{it.name}", f"n_{it.name}"
    match it.type, it.repeated, type:
        case "uint32", False, "":
            return Property(name, "Int", f"Int({source})", [(it.name, f"UInt32(clamping: {name})")])
        case "uint64", False, "":
            read = f'fields.integer({source}, "{it.name}")'
            return Property(name, "Int", read, [(it.name, f"UInt64({name})")], throws=True)
        case "uint64", False, "UInt64":
            return Property(name, "UInt64", source, [(it.name, name)])
        case "uint64", False, id if re.fullmatch(r"\w+ID", id):
            return Property(name, id, f"{id}(rawValue: {source})", [(it.name, f"{name}.rawValue")])
        case "uint64", True, ids if re.fullmatch(r"\[\w+ID\]", ids):
            read = f"fields.array({source}, message.{count}).map({ids[1:-1]}.init(rawValue:))"
            writes = [(count, f"{name}.count"), (it.name, f"arena.copy({name}.map(\\.rawValue))")]
            return Property(name, ids, read, writes)
        case "double", False, "":
            return Property(name, "Double", source, [(it.name, name)])
        case "bool", False, "":
            return Property(name, "Bool", f"{source} != 0", [(it.name, f"{name} ? 1 : 0")])
        case "string", False, "":
            return Property(name, "String", f"fields.string({source})", [(it.name, f"arena.copy({name})")])
        case "bytes", False, array if re.fullmatch(r"\[\w+\]", array):
            return Property(name, array, f'fields.values({source}, "{it.name}")', lent_as=it.name, throws=True)
        case ("uint32" | "uint64"), True, "":
            element = it.type.replace("ui", "UI")
            writes = [(count, f"{name}.count"), (it.name, f"arena.copy({name})")]
            return Property(name, f"[{element}]", f"fields.array({source}, message.{count})", writes)
        case part, True, "" if part in values:
            if any(property.lent_as for property in values[part].properties):
                it.refuse(f"repeats {part}, which has a bytes field; a part of a message may not")
            read = f"fields.array({source}, message.{count}, {part}.init)"
            pointers = f"arena.pointers(to: {name}) {{ unsafe $0.cMessage({values[part].arena}) }}"
            writes = [(count, f"{name}.count"), (it.name, pointers)]
            return Property(name, f"[{part}]", read, writes, throws=True)
    note = f" with `swift: {it.note}`" if it.note else ""
    it.refuse(f"is `{'repeated ' * it.repeated}{it.type}`{note}, for which there is no rule")


# ---- the text of the files ----

def wrapped(text, indent):
    """Lines of at most WIDTH characters."""
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return "".join(f"{line}\n" for line in lines)


def documented(docs, indent=""):
    text = re.sub("`([a-z_]+)`", lambda name: f"`{camel(name[1])}`", " ".join(docs))
    return wrapped(text, f"{indent}/// ")


def call(head, arguments, tail, indent):
    """`head(arguments)tail`, on one line if it fits."""
    line = f"{indent}{head}({', '.join(arguments)}){tail}\n"
    if len(line) <= WIDTH:
        return line
    kept_whole = ", ".join(argument.replace(" ", "\0") for argument in arguments)
    lines = wrapped(kept_whole, indent + "    ").replace("\0", " ")
    return f"{indent}{head}(\n{lines}{indent}){tail}\n" if tail else f"{indent}{head}(\n{lines[:-1]})\n"


@dataclass
class Value:
    """A message as a Swift type."""
    message: Message
    values: dict[str, "Value"]      # of all messages
    is_part: bool                   # of other messages; so it is no message of its own

    @property
    def c_type(self):
        return "__".join(word.capitalize() for word in self.message.package.split(".")) + f"__{self.message.name}"

    @property
    def c_prefix(self):
        return "__".join([*self.message.package.split("."), snake(self.message.name)])

    @cached_property
    def properties(self):
        result, used = [], set()
        for it in self.message.fields:
            if it.name in used:
                continue
            type, _, default = (part.strip() for part in it.note.partition("="))
            if match := re.fullmatch(r"(\w+)\((\w+): (\w+), (\w+): (\w+)\)", type):
                made, a, x, b, y = match.groups()
                read = f"{made}({a}: message.{x}, {b}: message.{y}, fields)"
                writes = [(x, f"UInt32({camel(x)}.{a})"), (y, f"UInt32({camel(x)}.{b})")]
                property = Property(camel(x), made, read, writes, throws=True)
                used |= {x, y}
            else:
                property = plain(it, type, self.values)
            property.default, property.docs = default, it.docs or it.refuse("has no comment")
            result.append(property)
        return result

    @property
    def arena(self):
        """The argument of `cMessage`: where it needs memory beside the C message."""
        needed = any("arena" in value for it in self.properties for _, value in it.writes)
        return "in: arena" if needed else ""

    def file(self):
        coding = self.from_c() + "\n" + self.to_c()
        if not self.is_part:
            coding = self.router_instance() + self.decoding() + "\n" + self.encoding() + "\n" + coding
        conformance = "" if self.is_part else ": WireMessage"
        extension = f"extension {self.message.name}{conformance} {{\n{coding}}}\n"
        return f"{HEAD}internal import CMessages\n\n{self.type()}\n{extension}"

    def type(self):
        conformances = "Sendable, Hashable" if self.is_part else "Sendable, Equatable"
        docs = documented(self.message.docs or self.message.refuse("has no comment"))
        text = f"{docs}package struct {self.message.name}: {conformances} {{\n"
        for it in self.properties:
            text += documented(it.docs, "    ") + f"    package let {it.name}: {it.type}\n"
        if not self.properties:
            return f"{text}    /// A message without fields.\n    package init() {{}}\n}}\n"
        parameters = [f"{it.name}: {it.type}{f' = {it.default}' if it.default else ''}" for it in self.properties]
        text += "\n    /// Each parameter becomes the property of its name.\n"
        text += call("package init", parameters, " {", "    ")
        text += "".join(f"        self.{it.name} = {it.name}\n" for it in self.properties)
        return f"{text}    }}\n}}\n"

    def router_instance(self):
        if not self.message.path or not any(it.name == "router" for it in self.message.fields):
            return ""
        return "    package var routerInstance: RouterInstance? { RouterInstance(router) }\n\n"

    def decoding(self):
        name, c = self.message.name, self.c_prefix
        text = "    package init(decoding bytes: RawSpan) throws(MessageError) {\n"
        arguments = [f'"{name}"', "bytes", f"{c}__unpack", f"{c}__free_unpacked", f"{name}.init"]
        return text + call("self = try unsafe decode", arguments, "", " " * 8) + "    }\n"

    def encoding(self):
        lines = []
        if self.arena:
            lines += ["let arena = EncodingArena()", "return try withExtendedLifetime(arena) {"]
        lent = [it for it in self.properties if it.lent_as]
        if lent:
            lines += [f"var message = unsafe cMessage({self.arena})"]
        for it in lent:
            lines += [f"return try unsafe withField({it.name}) {{ field in", f"unsafe message.{it.lent_as} = field"]
        last = f"unsafe encode({'message' if lent else f'cMessage({self.arena})'}, body)"
        is_only_statement = not lines or lines[-1].endswith("{")
        lines += [f"try {last}" if is_only_statement else f"return try {last}"]
        text, depth = f"    package func encoded<R>({WRITER}) rethrows -> R {{\n", 2
        for line in lines:
            text += f"{'    ' * depth}{line}\n"
            depth += line.endswith(("{", " in"))
        return text + "".join(f"{'    ' * closed}}}\n" for closed in range(depth - 1, 0, -1))

    def from_c(self):
        text = f"    init(_ message: {self.c_type}, _ fields: FieldReader) throws(MessageError) {{\n"
        marks = "try unsafe" if any(it.throws for it in self.properties) else "unsafe"
        arguments = ",\n            ".join(f"{it.name}: {it.read}" for it in self.properties)
        made = f"{marks} self.init(\n            {arguments})" if arguments else "self.init()"
        return f"{text}        {made}\n    }}\n"

    def to_c(self):
        without = " It lacks the bytes fields." if any(it.lent_as for it in self.properties) else ""
        parameter = self.arena and "in arena: EncodingArena"
        text = f"    /// The C message{', which lives as long as the arena' if parameter else ''}.{without}\n"
        text += f"    func cMessage({parameter}) -> {self.c_type} {{\n        var message = unsafe {self.c_type}()\n"
        text += f"        unsafe {self.c_prefix}__init(&message)\n"
        for name, value in (write for it in self.properties for write in it.writes):
            text += f"        unsafe message.{name} = {value}\n"
        return f"{text}        return unsafe message\n    }}\n"


def endpoints(messages):
    text = HEAD
    for it in (it for it in messages.values() if it.path):
        if it.answer not in messages:
            it.refuse(f"is answered by {it.answer}, which is no message")
        name = it.note or it.refuse("names no endpoint")
        text += f"\nextension Endpoint where Request == {it.name}, Response == {it.answer} {{\n"
        text += documented(it.docs, "    ")
        text += f'    package static var {name}: Self {{ Self(path: "{it.path}") }}\n}}\n'
    return text


def main(proto, folder):
    messages, values = parse(proto), {}
    parts = {it.type for message in messages.values() for it in message.fields}
    for name, message in messages.items():
        values[name] = Value(message, values, is_part=name in parts)
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / "Endpoints.swift": endpoints(messages)}
    files |= {folder / f"{name}.swift": value.file() for name, value in values.items()}
    for stale in set(folder.glob("*.swift")) - files.keys():
        stale.unlink()
    for file, text in files.items():
        if not file.exists() or file.read_text() != text:       # what has not changed is not compiled anew
            file.write_text(text)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
