#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command as people and scripts see it: options, exit statuses, output. No figures: those have
their own tests. usage: test_cli.py PATH-OF-vllmplan [unittest arguments]"""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
SHARED = pathlib.Path(__file__).resolve().parents[2].parent / "shared"
COMMANDS = ["plan", "argv", "inspect", "explain", "batch", "gpus", "models", "methods", "releases", "flags", "schema"]
ERROR_KEYS = {"code", "name", "path", "message"}
G = 1 << 30

# a dense model of about 1 GB in bf16: 24 layers of 1024, small on every card of the tables
CONFIG = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 1024,
    "intermediate_size": 3072, "num_hidden_layers": 24, "num_attention_heads": 16,
    "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 32000, "max_position_embeddings": 32768,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16", "rms_norm_eps": 1e-6, "rope_theta": 1000000,
    "hidden_act": "silu", "attention_bias": False,
}


def environment(**changes):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")}
    env.update({"LC_ALL": "C", "HF_HOME": "/nonexistent", "TERM": "xterm"})
    env.update(changes)
    return env


def run(*args, stdin=b"", **env):
    return subprocess.run([PROGRAM, *args], input=stdin, capture_output=True, env=environment(**env),
                          timeout=120)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)

    def request(self, config=None, **members):
        """A file with a request for one big card, and --request for it."""
        body = {"model": {"config": config or CONFIG, "serve_as": "org/model"},
                "gpus": [{"name": "H100 SXM"}], **members}
        path = self.dir / "request.json"
        path.write_text(json.dumps(body))
        return ["--request", str(path)]

    def plan(self, *args, **env):
        done = run("plan", "--json", *args, **env)
        return json.loads(done.stdout), done

    def check_error(self, done, status=2, path=None, words=()):
        """An error without --json: a sentence on stderr, nothing on stdout."""
        self.assertEqual(done.returncode, status, done)
        self.assertEqual(done.stdout, b"")
        text = done.stderr.decode()
        self.assertTrue(text.startswith("vllmplan: ") and text.endswith("\n") and text.count("\n") == 1, text)
        for word in words:
            self.assertIn(word, text)
        if path is not None:
            self.assertIn(f"({path})", text)


class Help(Case):
    def test_overview(self):
        for args in (["help"], ["--help"], ["-h"]):
            done = run(*args)
            self.assertEqual(done.returncode, 0)
            for name in COMMANDS:
                self.assertIn(f"\n  {name} ".encode(), done.stdout)

    def test_page_of_each_command(self):
        for name in COMMANDS:
            page = run("help", name)
            self.assertEqual((page.returncode, page.stderr), (0, b""))
            self.assertIn(b"Example", page.stdout)
            example = "| vllmplan batch" if name == "batch" else f"  vllmplan {name}"
            self.assertIn(example, page.stdout.decode())
            self.assertEqual(run(name, "--help").stdout, page.stdout)
            self.assertEqual(run(name, "-h").stdout, page.stdout)
            self.assertLessEqual(max(map(len, page.stdout.decode().splitlines())), 100)

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout.decode(), r"^vllmplan \d+\.\d+\.\d+ \(library \d+\.\d+\.\d+\)\n$")

    def test_no_or_wrong_command(self):
        self.check_error(run(), words=["help"])
        self.check_error(run("plna"), words=["did you mean plan"])
        self.check_error(run("help", "nothing-like-it"), words=["not a command"])


class Options(Case):
    def test_model_is_required(self):
        self.check_error(run("plan", "--gpu", "L4"), path="/model")

    def test_unknown_option(self):
        done = run("plan", "x/y", "--max-model-length", "4096")
        self.check_error(done)
        self.assertRegex(done.stderr.decode(), r"did you mean \W*max[-_]model[-_]len\W")
        self.check_error(run("plan", "x/y", "--concurency", "4"), words=["--concurrency?"])
        self.check_error(run("gpus", "--wrong"), words=["--wrong", "help gpus"])

    def test_flag_of_another_release(self):
        """--speculative-model is last in 0.7.3: the library says so."""
        self.check_error(run("plan", "x/y", "--gpu", "L4", "--speculative-model", "a"),
                         path="/settings/speculative_model")

    def test_missing_value(self):
        self.check_error(run("plan", "x/y", "--gpu"), words=["--gpu needs a value"])
        self.check_error(run("plan", "x/y", "--max-model-len", "--enforce-eager"), words=["needs a value"])
        self.check_error(run("plan", "x/y", "--enforce-eager=1"), words=["takes no value"])

    def test_two_models(self):
        self.check_error(run("plan", "x/y", "z/w"), words=["one model"])

    def test_sizes(self):
        self.check_error(run("plan", "x/y", "--gpu-total", "24 potatoes"), words=["24 potatoes", "24GiB"])
        for size in ("80GiB", "81920MiB", str(80 * G), "80.00GiB"):
            plan, _ = self.plan(*self.request(), "--gpu", "H100 SXM", "--gpu-total", size)
            self.assertEqual(plan["memory"]["ranks"][0]["total_bytes"], 80 * G)

    def test_bad_json_value(self):
        self.check_error(run("plan", "x/y", "--compilation-config", "{oops"),
                         path="/settings/compilation_config")

    def test_spellings_of_a_setting(self):
        """All forms that vLLM's parser takes say the same."""
        for forms in ([["--max-model-len", "4096"], ["--max-model-len=4096"], ["--max_model_len", "4096"],
                       ["--max-model-len", "9", "--max-model-len", "4096"]],
                      [["--tensor-parallel-size", "2"], ["-tp", "2"], ["-tp=2"]]):
            request = self.request(gpus=[{"name": "H100 SXM", "count": 2}])
            plans = [self.plan(*request, *form)[0] for form in forms]
            for plan in plans[1:]:
                self.assertEqual(plan, plans[0])

    def test_dotted_members(self):
        plan, _ = self.plan(*self.request(), "--compilation-config.mode", "3",
                            "-cc.cudagraph_capture_sizes+=1,2")
        argv = plan["argv"]
        value = json.loads(argv[argv.index("--compilation-config") + 1])
        self.assertEqual(value["mode"], 3)
        self.assertEqual([int(n) for n in value["cudagraph_capture_sizes"]], [1, 2])

    def test_decimals_keep_their_digits(self):
        plan, _ = self.plan(*self.request(), "--gpu-memory-utilization", "0.80")
        argv = plan["argv"]
        self.assertEqual(argv[argv.index("--gpu-memory-utilization") + 1], "0.80")

    def test_user_settings_are_kept(self):
        plan, _ = self.plan(*self.request(), "--enforce-eager", "--no-enable-prefix-caching",
                            "--max-num-seqs", "7")
        self.assertIn("--enforce-eager", plan["argv"])
        # the spelling that this release shows; the other is taken as well, but hidden
        self.assertIn("--disable-prefix-caching", plan["argv"])
        self.assertEqual(plan["settings"]["max_num_seqs"], 7)
        user = {row["setting"] for row in plan["chosen"] if row["from"] == "user"}
        self.assertLessEqual({"enforce_eager", "enable_prefix_caching", "max_num_seqs"}, user)

    def test_extra_arguments_come_last(self):
        plan, _ = self.plan(*self.request(), "--", "--port", "9000")
        self.assertEqual(plan["argv"][-2:], ["--port", "9000"])

    def test_options_are_laid_over_the_request(self):
        plan, _ = self.plan(*self.request(settings={"max_model_len": 4096, "max_num_seqs": 3}),
                            "--max-model-len", "8192")
        self.assertEqual(plan["settings"]["max_model_len"], 8192)
        self.assertEqual(plan["settings"]["max_num_seqs"], 3)

    def test_request_from_standard_input(self):
        path = self.request()[1]
        body = pathlib.Path(path).read_bytes()
        self.assertEqual(run("plan", "--json", "--request", "-", stdin=body).stdout,
                         run("plan", "--json", "--request", path).stdout)

    def test_request_that_is_wrong(self):
        self.check_error(run("plan", "--request", "/nonexistent/file"), words=["/nonexistent/file"])
        self.check_error(run("plan", "--request", "-", stdin=b"{oops"), words=["not JSON"])
        self.check_error(run("plan", "--request", "-", stdin=b"[]"), words=["not a JSON object"])
        self.check_error(run("plan", "--request", "-", stdin=b'{"nodes":1,"nodes":2}'), words=["not JSON"])

    def test_without_gpu_this_machine_is_asked(self):
        """This version cannot probe: it has to say so, and name the place."""
        request = json.loads(pathlib.Path(self.request()[1]).read_text())
        del request["gpus"]
        path = self.dir / "no-gpus.json"
        path.write_text(json.dumps(request))
        self.check_error(run("plan", "--request", str(path)), path="/gpus")


class Statuses(Case):
    def test_fits(self):
        plan, done = self.plan(*self.request())
        self.assertEqual((plan["verdict"], done.returncode), ("fits", 0))

    def test_does_not_fit(self):
        """About 0.9 GB of weights and a CUDA context are more than a card of 1 GiB has."""
        plan, done = self.plan(*self.request(gpus=[{"name": "H100 SXM", "total_bytes": G}]),
                               "--may-change", "none", "--policy-quantization", "never")
        self.assertEqual((plan["verdict"], done.returncode), ("does_not_fit", 1))
        self.assertEqual(plan["asked"]["verdict"], "does_not_fit")

    def test_refused(self):
        """16 heads are not divisible by 3 (vllm/config: verify_with_parallel_config)."""
        plan, done = self.plan(*self.request(gpus=[{"name": "H100 SXM", "count": 3}]), "-tp", "3")
        self.assertEqual((plan["verdict"], done.returncode), ("refused", 1))

    def test_unknown(self):
        config = {**CONFIG, "architectures": ["NobodyKnowsThisModel"], "model_type": "nobody_knows"}
        plan, done = self.plan(*self.request(config))
        self.assertEqual(done.returncode, {"unknown": 3, "refused": 1}[plan["verdict"]])

    def test_error_as_json_and_as_text(self):
        args = ["x/y", "--gpu", "no such card at all"]
        done = run("plan", *args, "--json")
        error = json.loads(done.stdout)["error"]
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(set(error), ERROR_KEYS)
        self.assertEqual(error["name"], "VLLMPLAN_E_UNKNOWN_NAME")
        self.assertEqual(run("plan", *args, "--format", "json").stdout, done.stdout)
        self.check_error(run("plan", *args), path=error["path"], words=[error["message"]])

    def test_error_of_ours_as_json(self):
        done = run("plan", "--json", "x/y", "--gpu")
        self.assertEqual(set(json.loads(done.stdout)["error"]), ERROR_KEYS)
        self.assertEqual((done.returncode, done.stderr), (2, b""))

    def test_path_that_does_not_exist(self):
        done = run("plan", "/nonexistent/model", "--gpu", "L4")
        self.check_error(done, words=["/nonexistent/model"])

    def test_output_that_cannot_be_written(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, env=environment())
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"could not be written", done.stderr)


class Report(Case):
    def test_sections_and_width(self):
        for why in ([], ["--why"]):
            done = run("plan", *self.request(), *why, "--max-num-seqs", "8")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            text = done.stdout.decode("ascii")
            for words in ("as asked", "returned   fits", "Memory of each GPU", "KV cache:", "Command"):
                self.assertIn(words, text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertIn("Settings", text)
        self.assertNotIn("\033", text)

    def test_blocks_only_in_utf8(self):
        plain = run("plan", *self.request()).stdout
        blocks = run("plan", *self.request(), LC_ALL="C.UTF-8").stdout
        plain.decode("ascii")
        if plain == blocks:
            self.skipTest("no C.UTF-8 locale here")
        self.assertIn("█ weights", blocks.decode())
        self.assertLessEqual(max(map(len, blocks.decode().splitlines())), 100)

    def on_terminal(self, **env):
        master, slave = pty.openpty()
        with subprocess.Popen([PROGRAM, "plan", *self.request()], stdout=slave,
                              env=environment(**env)) as child:
            os.close(slave)
            out = b""
            while True:
                try:
                    block = os.read(master, 65536)
                except OSError:  # Linux says EIO at the end
                    break
                if not block:
                    break
                out += block
            self.assertEqual(child.wait(), 0)
        os.close(master)
        return out

    def test_colour_on_a_terminal_only(self):
        self.assertIn(b"\033[", self.on_terminal())
        self.assertNotIn(b"\033[", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn(b"\033[", self.on_terminal(TERM="dumb"))
        self.assertIn(b"\033[", self.on_terminal(NO_COLOR=""))  # no-color.org: when not empty

    def test_no_escape_sequence_from_a_request(self):
        done = run("plan", *self.request(), "--serve-as", "a\033[31mb")
        self.assertNotIn(b"\033", done.stdout)

    def test_comma_locale(self):
        listed = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
        comma = [n for n in listed if re.match(r"(de|fr|it|es)_\w+\.utf-?8$", n, re.I)]
        if not comma:
            self.skipTest("no locale with a decimal comma is installed")
        args = ["plan", "--json", *self.request(), "--gpu-memory-utilization", "0.85"]
        self.assertEqual(run(*args, LC_ALL=comma[0]).stdout, run(*args).stdout)
        self.assertEqual(run(*args[:1], *args[2:], LC_ALL=comma[0]).stdout,
                         run(*args[:1], *args[2:], LC_ALL="C.UTF-8").stdout)


class Arguments(Case):
    HARD = ["it's", "a b", "$(x)`y`", 'q"uote', "back\\slash", "ta\tb", "*", "~", "", "=x", "ü"]

    def words(self, *args):
        done = run("argv", "-0", *args)
        self.assertTrue(done.stdout.endswith(b"\0"))
        return done, done.stdout.decode().split("\0")[:-1]

    def test_forms_agree(self):
        args = [*self.request(), "--", *(w for w in self.HARD)]
        done, words = self.words(*args)
        self.assertEqual(done.returncode, run("plan", *args).returncode)
        self.assertEqual(words[-len(self.HARD):], self.HARD)
        self.assertEqual(json.loads(run("argv", "--json", *args).stdout), words)
        self.assertEqual(run("argv", *args).stdout.decode(), "".join(w + "\n" for w in words))
        for shell in ("sh", "bash", "dash", "zsh", "busybox"):
            if not shutil.which(shell):
                continue
            program = [shell, "sh"] if shell == "busybox" else [shell]
            for form in (["argv", "--shell"], ["plan", "--format", "shell"]):
                quoted = run(*form, *args).stdout
                script = words[0].encode() + b"() { printf '%s\\0' \"$@\"; }\n" + quoted
                out = subprocess.run([*program, "-c", script], capture_output=True, env=environment(),
                                     cwd=self.dir)
                self.assertEqual(out.stdout.decode().split("\0")[:-1], words[1:], (shell, out.stderr))

    def test_newline_needs_another_form(self):
        args = [*self.request(), "--", "two\nlines"]
        self.check_error(run("argv", *args), words=["-0", "--json"])
        self.assertEqual(self.words(*args)[1][-1], "two\nlines")
        self.assertEqual(json.loads(run("argv", "--json", *args).stdout)[-1], "two\nlines")

    def test_one_form_at_a_time(self):
        self.check_error(run("argv", "-0", "--shell", *self.request()), words=["only one"])


class Inspect(Case):
    def test_needs_a_model_and_reads_files_only(self):
        self.check_error(run("inspect"), path="/model")
        self.check_error(run("inspect", "x/y", "--max-model-len", "1"), words=["max_model_len"])
        self.check_error(run("inspect", "/nonexistent/model"), words=["/nonexistent/model"])


class Batch(Case):
    def line(self, i, **members):
        return json.dumps({"model": {"config": CONFIG, "serve_as": f"org/m{i}"}, "gpus": {"name": "H100 SXM"},
                           **members}).encode()

    def test_order_is_kept(self):
        lines = [self.line(i) for i in range(200)]
        for jobs in ("1", "2", "7", "64"):
            done = run("batch", "--jobs", jobs, stdin=b"\n".join(lines) + b"\n")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            answers = done.stdout.decode().splitlines()
            self.assertEqual(len(answers), len(lines))
            for i, answer in enumerate(answers):
                self.assertIn(f"org/m{i}", json.loads(answer)["argv"])

    def test_same_bytes_as_plan(self):
        path = self.dir / "one.json"
        path.write_bytes(self.line(1))
        self.assertEqual(run("batch", stdin=path.read_bytes()).stdout,
                         run("plan", "--json", "--request", str(path)).stdout)

    def test_bad_lines(self):
        """1 good, 2 not JSON, 3 empty, 4 not UTF-8, 5 an unknown card, 6 good without a newline."""
        lines = [self.line(1), b"{oops", b"", b'{"model": "\xff"}',
                 self.line(5, gpus={"name": "no such card at all"}), self.line(6)]
        done = run("batch", "--jobs", "3", stdin=b"\n".join(lines))
        self.assertEqual(done.returncode, 2)
        answers = [json.loads(a) for a in done.stdout.decode().splitlines()]
        self.assertEqual(len(answers), 6)
        for number, answer in enumerate(answers, 1):
            if number in (1, 6):
                self.assertEqual(answer["verdict"], "fits")
                continue
            self.assertEqual(list(answer), ["line", "error"])
            self.assertEqual(answer["line"], number)
            self.assertEqual(set(answer["error"]), ERROR_KEYS)
            self.assertLess(answer["error"]["code"], 0)

    def test_line_that_is_too_long(self):
        long = b'{"x": "' + b"a" * (64 << 20) + b'"}'
        done = run("batch", "--jobs", "1", stdin=long + b"\n" + self.line(2))
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual((first["line"], first["error"]["name"]), (1, "VLLMPLAN_E_LIMIT"))
        self.assertEqual(second["verdict"], "fits")
        self.assertEqual(done.returncode, 2)

    def test_answers_do_not_wait_for_the_next_line(self):
        with subprocess.Popen([PROGRAM, "batch", "--jobs", "2"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=environment()) as child:
            for i in range(3):
                child.stdin.write(self.line(i) + b"\n")
                child.stdin.flush()
                self.assertIn(f"org/m{i}", json.loads(child.stdout.readline())["argv"])
            child.stdin.close()
            self.assertEqual(child.wait(), 0)

    def test_memory_stays_flat(self):
        """Ten times the lines take no more memory: within 8 MiB, which allocators need to play."""
        peaks = []
        # AddressSanitizer keeps freed memory for a while
        env = environment(ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
        for count in (1000, 10000):
            path = self.dir / "lines"
            path.write_bytes(b"".join(self.line(i) + b"\n" for i in range(count)))
            with open(path, "rb") as lines, open(self.dir / "answers", "wb") as answers:
                child = subprocess.Popen([PROGRAM, "batch", "--jobs", "2"], stdin=lines, stdout=answers,
                                         env=env)
                _, status, usage = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 0)
            self.assertEqual((self.dir / "answers").read_bytes().count(b"\n"), count)
            peaks.append(usage.ru_maxrss)
        self.assertLess(peaks[1] - peaks[0], 8 << 10)

    def test_nothing_in_nothing_out(self):
        done = run("batch")
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_jobs(self):
        for jobs in ("0", "65", "many", "-1"):
            done = run("batch", "--jobs", jobs)
            self.check_error(done, words=["--jobs", "1 to 64"])


class ClosedPipe(Case):
    def close_at_once(self, args, restore):
        """restore: SIGPIPE kills, as from a shell; otherwise it is ignored and writing says EPIPE."""
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=write,
                              stderr=subprocess.PIPE, restore_signals=restore, env=environment())
        os.close(write)
        self.assertEqual(done.stderr, b"")
        self.assertIn(done.returncode, (-signal.SIGPIPE,) if restore else (0,))

    def test_ends_quietly(self):
        for args in (["help"], ["flags"], ["gpus", "--json"], ["plan", *self.request()]):
            self.close_at_once(args, True)
            self.close_at_once(args, False)


class Rows(Case):
    def test_tables_and_json(self):
        for name in ("gpus", "models", "methods", "releases", "flags"):
            done = run(name)
            self.assertEqual((done.returncode, done.stderr), (0, b""), name)
            lines = done.stdout.decode().splitlines()
            self.assertGreater(len(lines), 3, name)
            self.assertLessEqual(max(map(len, lines)), 100, name)
            rows = next(v for v in json.loads(run(name, "--json").stdout).values() if isinstance(v, list))
            self.assertGreaterEqual(len(lines), len(rows))
        json.loads(run("schema").stdout)

    def test_wrong_release(self):
        self.check_error(run("flags", "--vllm", "99.0"), path="/release")
        self.check_error(run("plan", "x/y", "--vllm", "99.0", "--max-model-len", "1"), path="/engine/release")
        self.check_error(run("gpus", "unexpected"), words=["unexpected"])


class Explain(Case):
    # the texts of 0.17.1: v1/worker/gpu_model_runner.py, gpu_worker.py, core/kv_cache_utils.py
    STARTED = ("Model loading took 1.5 GiB memory and 1.000000 seconds\n"
               "Available KV cache memory: 2.25 GiB\nINFO:     Application startup complete.\n")
    FAILED = ("Available KV cache memory: -0.5 GiB\n"
              "ValueError: No available memory for the cache blocks. Try increasing it.\n")

    def explain(self, log, *args):
        path = self.dir / "vllm.log"
        path.write_bytes(log if isinstance(log, bytes) else log.encode())
        return run("explain", *args, str(path))

    def test_exit_statuses(self):
        for log, status, word in ((self.STARTED, 0, "started"), (self.FAILED, 1, "no_cache_blocks"),
                                  ("Starting to load model x...\n", 0, "ends"), ("hello\n", 3, "no line"),
                                  ("", 3, "no line")):
            done = self.explain(log)
            self.assertEqual((done.returncode, done.stderr), (status, b""), log)
            self.assertIn(word, done.stdout.decode())
        self.check_error(run("explain"), path="/log")
        self.check_error(run("explain", "/nonexistent"), path="/log")
        self.check_error(run("explain", "a", "b"), words=["one log at a time"])

    def test_standard_input_and_json(self):
        done = run("explain", "--json", "-", stdin=self.FAILED.encode())
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["failure"]["missing_bytes"]), (1, G // 2))
        self.assertEqual(answer["ranks"][0]["available_kv_bytes"], -G // 2)

    def test_any_bytes(self):
        log = b"\xff\x00\xc3(\xe2\x82\n" + self.STARTED.encode() + b"\xf0\x9f"
        self.assertEqual(self.explain(log).returncode, 0)

    def test_a_long_log_keeps_both_ends(self):
        line = b"(APIServer pid=1) INFO:     10.0.0.1:42 - GET /health 200 OK\n"
        log = self.STARTED.encode() + line * 400000  # 24 MB
        answer = json.loads(self.explain(log + b"torch.OutOfMemoryError: CUDA out of memory. Tried to "
                                         b"allocate 2.00 GiB. GPU 0 has a total capacity of 23.56 GiB of "
                                         b"which 1.00 GiB is free.\n", "--json").stdout)
        self.assertEqual(answer["ranks"][0]["weights_bytes"], 3 * G // 2)
        self.assertEqual((answer["failure"]["step"], answer["failure"]["missing_bytes"]), ("runtime", G))

    def test_what_is_saved_serves_a_plan(self):
        (self.dir / "model").mkdir()
        (self.dir / "model/config.json").write_text(json.dumps(CONFIG))
        saved = str(self.dir / "measured.jsonl")
        same = ["--gpu", "L4", "--vllm", "0.17.1", "--gpu-memory-utilization", "0.9", "--max-model-len", "8192"]
        for lines in (1, 2):
            done = self.explain(self.STARTED, "--model", str(self.dir / "model"), *same, "--save", saved)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(len(pathlib.Path(saved).read_text().splitlines()), lines)
        plan, _ = self.plan(str(self.dir / "model"), *same, "--measured", saved)
        self.assertIn("entry 2 of 2", [n["text"] for n in plan["notes"] if n["code"] == "calibration"][0])
        rank = plan["memory"]["ranks"][0]
        self.assertEqual(rank["weights_bytes"], 3 * G // 2)
        self.assertEqual(rank["available_kv_bytes"]["likely"], 9 * G // 4)

    def test_nothing_to_save(self):
        done = self.explain(self.STARTED, "--save", str(self.dir / "m"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing to save", done.stderr.decode())
        self.assertFalse((self.dir / "m").exists())
        (self.dir / "m").write_text("{}\nno\n")
        self.check_error(run("plan", "x/y", "--gpu", "L4", "--measured", str(self.dir / "m")), words=["line 2"])

    def test_secrets_do_not_pass(self):
        log = "non-default args: {'api_key': ['canary'], 'model': 'a'}\n" + self.STARTED
        for args in ([], ["--json"]):
            self.assertNotIn(b"canary", self.explain(log, *args).stdout)


class Collisions(Case):
    """No option of ours equals or abbreviates a vLLM flag of any release: argparse takes the beginning of
    a flag for the flag (vLLM's parser has allow_abbrev), so --gpu-mem would be one."""

    # --gpu is fixed by the contract although it begins --gpu-memory-utilization. Nothing is lost: vLLM
    # itself refuses --gpu, since it begins several of its flags or needs the whole name here. explain's
    # --model means what vLLM's does.
    EXCEPTIONS = {"--gpu", "--model"}
    # asking for help is the same in both
    SAME = {"--help", "-h"}

    def ours(self):
        names = set()
        for name in COMMANDS:
            page = run("help", name).stdout.decode()
            names |= set(re.findall(r"^  (-[\w-]+)(?=[ ,\n])", page, re.M))
        self.assertIn("--gpu", names)
        self.assertIn("--jobs", names)
        return names - self.SAME

    def compare(self, ours, flags, where):
        bad = [(o, f) for o in ours for f in flags if f.startswith(o) and o not in self.EXCEPTIONS]
        self.assertEqual(bad, [], where)

    def test_flags_of_the_library(self):
        ours = self.ours()
        releases = json.loads(run("releases", "--json").stdout)["releases"]
        self.assertGreater(len(releases), 0)
        for row in releases:
            release = row["release"]
            flags = set()
            for flag in json.loads(run("flags", "--vllm", release, "--json").stdout)["flags"]:
                flags |= {flag["option"], flag.get("negative") or "", *flag.get("short", [])} - {""}
            self.compare(ours, flags, release)

    def test_flags_of_vllm(self):
        files = sorted((SHARED / "vllm" / "flags").glob("*.json"))
        if not files:
            self.skipTest(f"{SHARED.name}/vllm/flags is not there")
        ours = self.ours()
        for path in files:
            flags = set()
            for row in json.loads(path.read_text())["flags"]:
                for key in ("options", "hidden_options", "negative_options"):
                    flags |= set(row.get(key) or [])
            self.compare(ours, flags, path.stem)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
