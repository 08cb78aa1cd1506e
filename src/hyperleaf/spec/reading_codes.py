"""The codes of what the YAML reader refuses: why each is refused, and a bad and a good text.

`bad` and `good` are empty where no short text can show it (a file that is missing or too large).
"""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code

_ALL = (
    Code(
        "HL0001",
        "A path cannot be read",
        "The file or folder is missing, or may not be read by you.",
        "Check the path and your rights.",
        "",
        "",
    ),
    Code(
        "HL0002",
        "The file is too large",
        "A file above 32 MiB is no estate; it is refused before it is parsed. An estate of 4,000 "
        "networks takes about 1 MiB.",
        "Split it into several files, or leave it out of the folder.",
        "",
        "",
    ),
    Code(
        "HL0003",
        "A byte is not UTF-8",
        "YAML is read as UTF-8, and this byte is none: the file was saved in another encoding, or "
        "is no text.",
        "Save the file as UTF-8.",
        "",
        "",
    ),
    Code(
        "HL0004",
        "The file is written in UTF-16 or UTF-32",
        "kubectl and most tools read only UTF-8. Windows PowerShell writes UTF-16 when output is "
        "redirected to a file.",
        "Save the file as UTF-8; in PowerShell: Out-File -Encoding utf8.",
        "",
        "",
    ),
    Code(
        "HL0005",
        "A character cannot stand in YAML",
        "Control characters have no place in YAML. The line breaks of Unicode (U+0085, U+2028, "
        "U+2029) and a byte order mark within the text are refused as well: they do not show in an "
        "editor, and readers disagree about them.",
        "Remove the character; it mostly comes with a text that was pasted.",
        "metadata: {name: red\u2028}\n",
        "metadata: {name: red}\n",
    ),
    Code(
        "HL0006",
        "The file holds too many values",
        "A file may hold a million keys and values and 100,000 documents, many times the largest "
        "estate.",
        "Split it into several files.",
        "",
        "",
    ),
    Code(
        "HL0007",
        "Mappings and lists are nested too deep",
        "No object nests deeper than 64; more is a run of brackets or dashes that nobody meant.",
        "Remove the brackets or dashes that are too many.",
        "subnets: " + "[" * 64 + "10.0.0.0/24" + "]" * 64 + "\n",
        "subnets: [10.0.0.0/24]\n",
    ),
    Code(
        "HL0008",
        "The file is not read further",
        "After a thousand findings the rest would only repeat them.",
        "Mend the first ones, or leave the file out if it is no estate.",
        "",
        "",
    ),
    Code(
        "HL0009",
        "The folder holds no YAML file",
        "A folder stands for the files below it that end in .yaml or .yml. What is hidden is "
        "passed over, and so is a folder with an index.json: render wrote it.",
        "Name the folder of the estate, not the one that render wrote.",
        "",
        "",
    ),
    Code(
        "HL0010",
        "A tab indents a line",
        "YAML is indented with spaces only, because tabs have no width of their own.",
        "Replace the tab with spaces.",
        "spec:\n\tvlan: 100\n",
        "spec:\n  vlan: 100\n",
    ),
    Code(
        "HL0011",
        "A quote is never closed",
        "Everything after the quote belongs to it, up to the end of the document.",
        'Close the quote. Within \'...\' a quote is written twice, within "..." as \\".',
        'name: "red\nvlan: 100\n',
        'name: "red"\nvlan: 100\n',
    ),
    Code(
        "HL0012",
        "Brackets or commas do not match",
        "Each [ needs its ] and each { its }, with one comma between two items.",
        "Close the bracket, or add or remove the comma.",
        "subnets: [10.0.0.0/24, 10.0.1.0/24\nvlan: 100\n",
        "subnets: [10.0.0.0/24, 10.0.1.0/24]\nvlan: 100\n",
    ),
    Code(
        "HL0013",
        "A line is neither a member nor an item",
        "Within a mapping each line is 'key: value'; within a list each starts with '- '.",
        "Write a colon and a space after the key.",
        "vlan: 100\nsubnets\n",
        "vlan: 100\nsubnets:\n",
    ),
    Code(
        "HL0014",
        "The indentation fits nothing",
        "Depth is what says to which key a line belongs, and this depth belongs to none.",
        "Start the members of a mapping, and the items of a list, in the same column.",
        "spec:\n  vlan: 100\n   vrf: blue\n",
        "spec:\n  vlan: 100\n  vrf: blue\n",
    ),
    Code(
        "HL0015",
        "A value holds ': ' without quotes",
        "A colon and a space end a key; the second on a line would start a mapping in a value.",
        "Put the value in quotes.",
        "description: uplink: room 1\n",
        'description: "uplink: room 1"\n',
    ),
    Code(
        "HL0016",
        "A text starts with a character that means something",
        "Without quotes, a text cannot start with @, `, %, ',', '?', or with * and & unless a name "
        "follows; nor, within [ ] and { }, with a colon.",
        "Put the text in quotes.",
        "servers: [::1, 10.0.0.1]\n",
        'servers: ["::1", 10.0.0.1]\n',
    ),
    Code(
        "HL0017",
        "A backslash escape is none, or gives a character that no value may hold",
        'Within "..." a backslash starts an escape such as \\n or \\u00e9; control characters and '
        "halves of characters have no place in a value.",
        "Write \\\\ for a backslash, or use single quotes, where it means itself.",
        'description: "C:\\path"\n',
        "description: 'C:\\path'\n",
    ),
    Code(
        "HL0018",
        "Text stands after the end of a value",
        "A value ends with its closing quote or bracket; | and > end their line, and the text "
        "starts on the next.",
        "Quote the whole text, or nothing of it.",
        "description: 'red' network\n",
        "description: red network\n",
    ),
    Code(
        "HL0019",
        "The text is not YAML",
        "The parser stopped here for a reason that has no sentence of its own.",
        "Compare the line with an example.",
        "",
        "",
    ),
    Code(
        "HL0020",
        "A directive is not read",
        "Lines that start with % choose a version of YAML or abbreviate tags. kubectl cuts a file "
        "at --- and would give the directive to the wrong document.",
        "Remove the line.",
        "%YAML 1.1\n---\nvlan: 100\n",
        "---\nvlan: 100\n",
    ),
    Code(
        "HL0021",
        "A key with a colon has no value",
        "Without a space after it a colon is part of the text: {vlan:100} has one key, 'vlan:100', "
        "and no value. An address that ends in a colon turns into a key.",
        "Write a space after the colon, or put the text in quotes.",
        "spec: {vlan:100}\n",
        "spec: {vlan: 100}\n",
    ),
    Code(
        "HL0022",
        "A key stands twice in one mapping",
        "Some readers take the first, some the last, some refuse: what you meant cannot be known.",
        "Remove one of the two. The first one is what the other findings are about.",
        "vlan: 100\nvrf: blue\nvlan: 200\n",
        "vlan: 100\nvrf: blue\n",
    ),
    Code(
        "HL0023",
        "A merge key is not read",
        "<< is no part of YAML 1.2; readers differ in what it does to lists and to its order.",
        "Write the members out. An alias to a whole value is fine.",
        "base: &base {mtu: 9000}\nspec:\n  <<: *base\n",
        "base: &base {mtu: 9000}\nspec: *base\n",
    ),
    Code(
        "HL0024",
        "A key is not a text",
        "Keys are field names and labels, which are texts. A number, null, list or mapping cannot "
        "be a key in JSON. {{ name }} is a template that nobody filled in.",
        "Put the key in quotes, or fill the template in first.",
        "labels:\n  100: red\n",
        'labels:\n  "100": red\n',
    ),
    Code(
        "HL0025",
        "A document is not a mapping",
        "Every object is a mapping with apiVersion, kind and metadata.",
        "Write one document for each object, with a line --- between two.",
        "- kind: Network\n- kind: VRF\n",
        "kind: Network\n---\nkind: VRF\n",
    ),
    Code(
        "HL0026",
        "A tag is not known",
        "Only the tags of the core schema are read (!!str, !!int, !!bool, !!null, !!map, !!seq). "
        "Others ask a program to build objects of its own.",
        "Remove the tag, or put a text that starts with ! in quotes.",
        "name: !red\n",
        'name: "!red"\n',
    ),
    Code(
        "HL0027",
        "A value does not fit its tag",
        "The tag says what the value is, and its text is something else.",
        "Remove the tag: the form of a value says what it is.",
        "vlan: !!int red\n",
        "vlan: !!int 100\n",
    ),
    Code(
        "HL0028",
        "An alias names nothing",
        "*name repeats the value that an &name before it, in the same document, marks.",
        "Mark the value first, or put a text that starts with * in quotes.",
        "namespaces: [*red]\n",
        "first: &red red\nnamespaces: [*red]\n",
    ),
    Code(
        "HL0029",
        "An alias stands within its own value",
        "The value would hold itself and have no end.",
        "Write the value out.",
        "spec: &all\n  inner: *all\n",
        "spec:\n  inner: &all {}\n  other: *all\n",
    ),
    Code(
        "HL0030",
        "Aliases repeat too much",
        "Aliases of aliases multiply: ten lines can stand for a billion values. A file may gain "
        "100,000 values by them.",
        "Write the values out.",
        "a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
        "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
        "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
        "e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n",
        "a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\nb: [*a, *a]\n",
    ),
    Code(
        "HL0031",
        "A word is a text here and a boolean elsewhere",
        "yes, no, on, off, y and n are booleans in YAML 1.1, which kubectl reads, and texts in "
        "YAML 1.2: the same file would mean two things.",
        "Write true or false, or put the word in quotes.",
        "name: no\n",
        'name: "no"\n',
    ),
    Code(
        "HL0032",
        "A number is another one elsewhere",
        "017 is 15 in YAML 1.1 and 17 in YAML 1.2; 0o17, 0b1 and 1_000 are numbers to one and "
        "texts to the other.",
        "Write a decimal number, or put the text in quotes.",
        "vlan: 0100\n",
        "vlan: 100\n",
    ),
    Code(
        "HL0033",
        "A floating-point number is not read",
        "No field takes one, and identifiers such as 12e4 turn into one by accident. A version "
        "such as 4.20 is read as it is written.",
        "Put the text in quotes.",
        "serial: 12e4\n",
        'serial: "12e4"\nversion: 4.20\n',
    ),
    Code(
        "HL0034",
        "A number does not fit in 64 bits",
        "Programs cut such numbers, or turn them into floating-point ones.",
        "Put it in quotes if it is a name.",
        "serial: 123456789012345678901234\n",
        'serial: "123456789012345678901234"\n',
    ),
)

READING_CODES: Final[dict[str, Code]] = {code.code: code for code in _ALL}
