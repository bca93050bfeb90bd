# SPDX-License-Identifier: Apache-2.0
"""What the tests of rendered plans share: requests, and the rules by which other programs read a text."""
from __future__ import annotations

import json
import re
import subprocess
from typing import Any, Dict, List, Tuple

# a dense model of about 1 GB in bf16, for any card
CONFIG = {"architectures": ["Qwen3ForCausalLM"], "hidden_size": 1024, "intermediate_size": 3072,
          "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
          "vocab_size": 32000, "max_position_embeddings": 32768, "tie_word_embeddings": True,
          "torch_dtype": "bfloat16"}
SECRETS = {"api_key": "hunter2-api", "hf_token": "hunter2-hub"}
# words that mean something to one of the readers, or look as if they did
HARD = ["", " ", "a b", "it's", '"q"', "$HOME", "$", "$$", "$(id)", "${X:-y}", "`id`", "%n", "%%", "%PATH%", "!x!", "^",
        "&|<>()", "{{x}}", "{%x%}", "\\", "\\\\", 'a\\"b', "end\\", "#c", "~", "*?[a]", ";", "-", "--x=1 2", "=x", "A=b",
        "@f", "null", "no", "1e3", ": x", "- x", "'", "''", "\u00e9", "\u2018\u2019\u201a\u201b\u201c", "\U0001f600"]
# further ones for readers that can take a control character
CONTROL = ["tab\tx", "new\nline", "x\r\ny", "\x01", "\x7f", "\u0085", "\u2028", "\ufeff", "\n[Service]\nUser=root",
           '"\n- name: x']
FORMATS = ["shell", "fish", "powershell", "cmd", "docker", "compose", "k8s", "systemd"]


def request(form: str, words: List[str], **members: Any) -> Dict[str, Any]:
    """A plan of one card whose arguments end with these words."""
    body: Dict[str, Any] = {"model": {"config": CONFIG, "serve_as": "org/model"}, "gpus": {"name": "l4", "count": 2},
                            "engine": {"release": "0.33.0", "extra_args": words}, "policy": {"may_change": []},
                            "deploy": {"format": form}}
    for key, value in members.items():
        if isinstance(value, dict) and isinstance(body.get(key), dict):
            body[key] = {**body[key], **value}
        else:
            body[key] = value
    return body


def ask(program: str, requests: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """One answer a request, by one run of the command."""
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    done = subprocess.run([program, "batch", "--jobs", "1"], input=lines.encode(), capture_output=True, check=False,
                          timeout=300)
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]


def powershell_words(line: str) -> List[str]:
    """about_Parsing, about_Quoting_Rules: words between single quotes, of which five characters are one, doubled for
    itself; a backtick before a newline joins two lines."""
    quotes = "'\u2018\u2019\u201a\u201b"
    words, at = [], 0
    while at < len(line):
        if line[at] not in quotes:
            at += 2 if line.startswith("`\n", at) else 1
            continue
        word, at = "", at + 1
        while not (line[at] in quotes and (at + 1 == len(line) or line[at + 1] not in quotes)):
            at += 1 if line[at] in quotes else 0
            word, at = word + line[at], at + 1
        words.append(word)
        at += 1
    return words


def cmd_line(line: str) -> str:
    """What cmd.exe makes of a line of a batch file, delayed expansion being off: first '%%' is '%' (and a single one
    would begin a variable), then '^' takes the meaning from the next character. A bare one of the others, or a quote,
    would mean something."""
    if "%" in line.replace("%%", ""):
        raise ValueError("a variable: " + line)
    line, out, at = line.replace("%%", "%"), "", 0
    while at < len(line):
        if line[at] == "^":
            at += 1
        elif line[at] in '()!"<>&|':
            raise ValueError("cmd would read %r in %r" % (line[at], line))
        out, at = out + line[at], at + 1
    return out


def windows_words(line: str) -> List[str]:
    """CommandLineToArgvW and the C runtime: blanks part words, quotes hold them together, and backslashes count only
    before a quote."""
    words, at = [], 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
            continue
        word, quoted = "", False
        while at < len(line) and (quoted or line[at] not in " \t"):
            slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
            at += slashes
            if at < len(line) and line[at] == '"':
                word += "\\" * (slashes // 2)
                if slashes % 2:
                    word += '"'
                else:
                    quoted = not quoted
                at += 1
            elif slashes:
                word += "\\" * slashes
            else:
                word, at = word + line[at], at + 1
        words.append(word)
    return words


def expanded(text: str) -> str:
    """Kubernetes (third_party/forked/golang/expansion) and Compose (interpolation) where every '$' is one of two."""
    if "$" in text.replace("$$", ""):
        raise ValueError("a variable: " + text)
    return text.replace("$$", "$")


def quoted_yaml(text: str) -> List[str]:
    """The scalars between double quotes. What is written there is JSON too, which YAML 1.2 contains."""
    return [json.loads(found) for found in re.findall(r'"(?:[^"\\\n]|\\.)*"', text)]


def systemd_words(value: str, dollar: bool) -> List[str]:
    """systemd.syntax and systemd.service: words between double quotes with C escapes, '%%' and, in a command, '$$'."""
    words = []
    for found in re.findall(r'"((?:[^"\\\n]|\\.)*)"', value):
        word = re.sub(r"\\(x[0-9a-f]{2}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else m[1], found)
        if "%" in word.replace("%%", ""):
            raise ValueError("a specifier: " + word)
        word = word.replace("%%", "%")
        words.append(expanded(word) if dollar else word)
    return words


def systemd_unit(text: str) -> List[Tuple[str, str]]:
    """Assignments, with continued lines joined."""
    joined = text.replace("\\\n", " ")
    return [(line.split("=", 1)[0], line.split("=", 1)[1]) for line in joined.split("\n")
            if line and not line.startswith(("#", "["))]
