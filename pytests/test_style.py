# SPDX-License-Identifier: MIT
"""The rules of the source text that a machine can keep.  Each test names every line that breaks its rule."""

import json
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import pytest

import c_source
from support import ROOT, build_dir, run

FOLDERS = ("core", "backends", "simnet", "pcap", "tests", "tool", "examples", "bench", "pytests")
LIBRARY = ("core", "backends", "simnet", "pcap")
WORLD = ("core", "simnet")
COLUMNS_MAX, FILE_LINES_MAX, FUNCTION_LINES_MAX = 110, 600, 70

# Who may include whose headers; a folder may always include its own.
MAY_INCLUDE = {
    "core": set(),
    "backends": {"core"},
    "simnet": {"core"},
    "pcap": {"core", "simnet"},
    "examples": set(),
    "tests": {"core", "backends", "simnet", "pcap", "tool"},
    "tool": {"core", "backends", "simnet", "pcap"},
    "bench": {"core", "backends", "simnet", "pcap", "tool", "tests"},
}


# ---- the files ----

@lru_cache(maxsize=None)
def project_files():
    """The files of the repository and those about to be added; without git, those of the folders."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                   "--exclude-standard"]
        listed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        names = sorted(set(listed.decode().split("\0")) - {""})
    else:
        found = [path for folder in (*FOLDERS, ".ci") for path in (ROOT / folder).rglob("*")]
        found += [ROOT / "CMakeLists.txt", ROOT / "dev"]
        names = sorted(str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts)
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def folder_of(path):
    return path.relative_to(ROOT).parts[0]


def is_c(path):
    return path.suffix in (".c", ".h")


def is_source(path):
    return path.suffix in (".c", ".h", ".py", ".cmake", ".sh", ".lua") \
        or path.name in ("CMakeLists.txt", "dev") or name_of(path) == ".ci/run"


def c_files(*folders):
    return [path for path in project_files() if is_c(path) and (not folders or folder_of(path) in folders)]


@lru_cache(maxsize=None)
def text_of(path):
    return path.read_text(encoding="utf-8")


def report(broken, rule):
    if broken:
        pytest.fail(f"{rule}\n  " + "\n  ".join(broken), pytrace=False)


def matches(paths, pattern, prepare):
    """ "file:line: text" of every match of the pattern in the prepared text of the files."""
    for path in paths:
        text = prepare(text_of(path))
        for match in re.finditer(pattern, text, re.MULTILINE):
            line = c_source.line_of(text, match.start())
            yield f"{name_of(path)}:{line}: {text_of(path).splitlines()[line - 1].strip()}"


# ---- size ----

def test_line_length():
    broken = [f"{name_of(path)}:{number}: {len(line)} columns"
              for path in project_files() if is_source(path)
              for number, line in enumerate(text_of(path).splitlines(), 1) if len(line) > COLUMNS_MAX]
    report(broken, f"a line has at most {COLUMNS_MAX} columns")


def test_no_tabs_or_trailing_blanks():
    sources = [path for path in project_files() if is_source(path)]
    report(list(matches(sources, r"\t|[ \r]+$", lambda text: text)), "no tabs, no blanks at a line's end")


def test_file_length():
    broken = [f"{name_of(path)}: {lines} lines" for path in project_files() if is_source(path)
              for lines in [len(text_of(path).splitlines())] if lines > FILE_LINES_MAX]
    report(broken, f"a file has at most {FILE_LINES_MAX} lines")


def long_functions(text):
    for function in c_source.functions(text):
        before = "\n".join(text.splitlines()[max(0, function.first - 6):function.first + 1])
        if function.lines > FUNCTION_LINES_MAX and "size: table" not in before:
            yield function


def test_function_length():
    broken = [f"{name_of(path)}:{function.first}: {function.name} has {function.lines} lines"
              for path in c_files() for function in long_functions(text_of(path))]
    report(broken, f"a function has at most {FUNCTION_LINES_MAX} lines, unless a comment says size: table")


def test_function_length_is_measured():
    row = "    x++;\n"
    body = row * 68
    assert not list(long_functions(f"static int f(int x)\n{{\n{row * 67}}}\n"))
    assert [found.name for found in long_functions(f"static int f(int x)\n{{\n{body}}}\n")] == ["f"]
    assert not list(long_functions(f"/* size: table */\nstatic int f(int x)\n{{\n{body}}}\n"))
    assert not list(long_functions(f"static const int rows[] = {{\n{body}}};\n"))


# ---- layout ----

def owner_of_include(path, written):
    """The file an include names, or None for a header of the system."""
    inner = written[1:-1]
    if written.startswith("<") and not inner.startswith("castanet/"):
        return None
    places = [path.parent, ROOT] + sorted(ROOT.glob("*/include"))
    for place in places:
        if (place / inner).is_file():
            return (place / inner).resolve()
    return Path("unknown") / inner


def is_public(path):
    return path.relative_to(ROOT).parts[1:2] == ("include",)


def wrong_include(path, target):
    """Why a file may not include another; None if it may."""
    if target is None:
        return None
    if not target.is_absolute():
        return "there is no such file"
    here, there = folder_of(path), folder_of(target)
    if here == "examples" and there != "examples" and not is_public(target):
        return "examples use public headers only"
    if is_public(path) and not is_public(target):
        return "a public header includes public headers only"
    if here != there and there not in MAY_INCLUDE.get(here, set()) and here != "examples":
        return f"{here}/ may not include {there}/"
    return None


def test_include_graph():
    broken = []
    for path in c_files():
        for line, written in c_source.includes(text_of(path)):
            why = wrong_include(path, owner_of_include(path, written))
            if why:
                broken.append(f"{name_of(path)}:{line}: {written}: {why}")
    report(broken, "includes go pcap -> simnet -> core <- backends; tests: all; examples: public headers")


def test_include_graph_knows_the_direction():
    public = ROOT / "core/include/castanet/casyncsocket.h"
    assert wrong_include(ROOT / "simnet/any.c", public) is None
    assert wrong_include(ROOT / "examples/any.c", public) is None
    assert wrong_include(ROOT / "core/any.c", ROOT / "simnet/packet/packet.h")
    assert wrong_include(ROOT / "simnet/any.c", ROOT / "pcap/trace.h")
    assert wrong_include(ROOT / "examples/any.c", ROOT / "simnet/packet/packet.h")
    assert wrong_include(public, ROOT / "core/engine.h")


def test_foreign_libraries_stay_in_their_folders():
    homes = {"pcap": ("pcap", "tests", "bench"), "CUnit": ("tests",), "sys/epoll": ("backends",),
             "winsock2": ("backends",), "windows": ("backends",)}
    broken = [f"{name_of(path)}:{line}: {written}"
              for path in c_files() for line, written in c_source.includes(text_of(path))
              for start, folders in homes.items()
              if re.match(rf"<{start}\b", written) and folder_of(path) not in folders]
    report(broken, "libpcap in pcap/ and tests/, CUnit in tests/, platform headers in backends/ only")


def test_no_file_hides_a_system_header():
    hidden = {"pcap.h", "time.h", "socket.h", "string.h", "errno.h", "signal.h"}
    report([name_of(path) for path in c_files() if path.name in hidden], "a header must not hide a system's")


# ---- comments ----

def first_comment(path):
    return next((body for _, body, _ in c_source.comments(text_of(path))), "")


def says_what_it_is(path):
    """A head of its own, or "See NAME.h." where that header has one."""
    head = first_comment(path)
    other = re.search(r"\bSee (\w+\.h)\b", head)
    if other and (path.parent / other.group(1)).is_file():
        head = first_comment(path.parent / other.group(1))
    return len(re.findall(r"\w+", head)) >= 6


def test_file_heads():
    broken = []
    for path in project_files():
        if not is_source(path):
            continue
        head = text_of(path).splitlines()[:2]
        licence = "GPL-2.0-or-later" if path.suffix == ".lua" else "MIT"  # what uses Wireshark's own API
        if not any(f"SPDX-License-Identifier: {licence}" in line for line in head):
            broken.append(f"{name_of(path)}: no SPDX line at its start")
        elif is_c(path) and not says_what_it_is(path):
            broken.append(f"{name_of(path)}: the head does not say what the file is")
    report(broken, "a file starts with SPDX-License-Identifier: MIT, a C file then says what it is")


CODE_IN_COMMENT = re.compile(
    r"(?:(?:return|goto|break|continue)\b[^.]*;"
    r"|(?:if|for|while|switch)\s*\(.*\)\s*\{?"
    r"|\}?\s*else(?:\s+if\s*\(.*\))?\s*\{"
    r"|#\s*(?:include|define|if|ifdef|ifndef|endif)\b.*"
    r"|[\w.\->\[\]*&]+(?:\s+\*?\w+)?\s*(?:[-+*/|&]|<<|>>)?=\s*[^=].*;"
    r"|[A-Za-z_]\w*\s*\([^)]*\)\s*;"
    r"|[})\]]+;?)")


def commented_code(text):
    """Lines of comments that are code.  The head of a file may show how something is used."""
    for line, body, alone in c_source.comments(text):
        if line <= 2 or not alone:
            continue
        for offset, row in enumerate(body.splitlines()):
            words = row.strip().removeprefix("//").removeprefix("/*").removesuffix("*/").strip(" *")
            if CODE_IN_COMMENT.fullmatch(words):
                yield line + offset, words


def test_no_commented_out_code():
    broken = [f"{name_of(path)}:{line}: {words}" for path in c_files()
              for line, words in commented_code(text_of(path))]
    report(broken, "no commented-out code")


@pytest.mark.parametrize("line", ["// return 0;", "/* x->len = 3; */", "// close(fd);",
                                  "/* if (x > 3) { */", "// #include <stdio.h>", "// int x = 1;"])
def test_commented_out_code_is_seen(line):
    assert list(commented_code(f"/* head */\n\nint a;\n{line}\n"))


@pytest.mark.parametrize("line", ["/* The window; see below. */", "// Waits (for ever) for the peer;",
                                  "/* ESTABLISHED -> FIN_WAIT_1  [tcp_close] */", "/* if nothing is left */"])
def test_prose_is_not_taken_for_code(line):
    assert not list(commented_code(f"/* head */\n\nint a;\n{line}\n"))


def test_no_disabled_code():
    report(list(matches(c_files(), r"^[ \t]*#[ \t]*if[ \t]+\(?[01]\)?[ \t]*$", c_source.without_comments)),
           "no #if 0 and no #if 1")


def test_nothing_is_left_open():
    words = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"))
    sources = [path for path in project_files() if is_source(path)]
    report(list(matches(sources, rf"\b(?:{words})\b", lambda text: text)), "no notes of unfinished work")


# ---- code ----

def test_memory_only_through_the_allocator():
    calls = r"(?<![.\w>])(?:malloc|calloc|realloc|reallocarray|free|strdup|strndup|aligned_alloc" \
            r"|posix_memalign|asprintf|vasprintf|alloca)\s*\("
    paths = [path for path in c_files(*LIBRARY) if name_of(path) != "core/alloc.c"]
    report(list(matches(paths, calls, c_source.plain_code)), "memory comes from cas_alloc only")


def test_platform_conditions_only_in_backends():
    names = r"_WIN32|WIN32|_WIN64|__MINGW\w*|_MSC_VER|__CYGWIN__|__linux__|__linux|linux|__APPLE__" \
            r"|__unix__|unix|__FreeBSD__|__OpenBSD__|__NetBSD__|__ANDROID__|__GLIBC__|__sun"
    paths = [path for path in c_files(*LIBRARY, "examples") if folder_of(path) != "backends"
             and name_of(path) != "core/include/castanet/winsock.h"]
    report(list(matches(paths, rf"^[ \t]*#[ \t]*(?:el)?if\w*\b.*\b(?:{names})\b", c_source.without_comments)),
           "platform conditions stand in backends/ only")


def test_no_floating_point():
    numbers = r"\b(?:float|double|_Complex)\b|\b\d+\.\d*(?:[eE][-+]?\d+)?\b|\b\d+[eE][-+]?\d+\b"
    report(list(matches(c_files(*WORLD), numbers, c_source.plain_code)),
           "no floating point in core/ and simnet/")


def test_no_sleep_in_tests():
    calls = r"\b(?:usleep|nanosleep|clock_nanosleep|sleep)\s*\("
    report(list(matches(c_files("tests", "examples"), calls, c_source.plain_code)), "tests do not sleep")
    pythons = [path for path in project_files() if path.suffix == ".py" and path != Path(__file__).resolve()]
    report(list(matches(pythons, r"\btime\.sleep\b|^\s*sleep\(", lambda text: text)), "tests do not sleep")


# ---- what the compiler makes of it ----

def library_commands():
    """(source, command) of every library source as the build under test compiles it."""
    listed = json.loads((build_dir() / "compile_commands.json").read_text(encoding="utf-8"))
    for entry in listed:
        path = Path(entry["file"])
        if ROOT in path.parents and folder_of(path) in LIBRARY:
            words = shlex.split(entry["command"])
            yield path, words[:words.index("-o")]


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """Every library source compiled without position-independent code; source name -> object file."""
    folder = tmp_path_factory.mktemp("objects")
    plain = ["-O1", "-w", "-fno-pie", "-fno-pic", "-fno-lto", "-fno-sanitize=all"]

    def compile_one(source):
        path, command = source
        target = folder / (name_of(path).replace("/", "_") + ".o")
        run([*command, *plain, "-c", path, "-o", target])
        return name_of(path), target

    with ThreadPoolExecutor() as pool:
        return dict(pool.map(compile_one, library_commands()))


def test_every_library_source_is_built(objects):
    sources = {name_of(path) for path in c_files(*LIBRARY) if path.suffix == ".c"}
    report(sorted(sources - set(objects)), "each source file stands in the CMakeLists.txt of its folder")


def writable_symbols(object_file):
    """(kind, name) of every symbol in writable memory; the kind is "thread" for a thread-local."""
    table = run(["readelf", "-sW", object_file]).stdout
    cells = [row.split() for row in table.splitlines()]
    thread_locals = {row[7] for row in cells if len(row) > 7 and row[3] == "TLS"}
    for row in run(["nm", "--defined-only", object_file]).stdout.splitlines():
        kind, name = row.split()[-2:]
        if kind in "dDbBcCsSgG":
            yield ("thread" if name in thread_locals else kind), name


def test_no_writable_file_scope_data(objects):
    found = [(name, kind, symbol) for name, path in objects.items() if name.split("/")[0] in WORLD
             for kind, symbol in writable_symbols(path)]
    assert len([row for row in objects if row.startswith("core/")]) > 5
    report([f"{name}: {symbol} (nm type {kind})" for name, kind, symbol in found if kind != "thread"],
           "core/ and simnet/ have no writable data at file scope")
    thread = [f"{name}: {symbol}" for name, kind, symbol in found if kind == "thread"]
    if len(thread) > 1 or any(not row.startswith("core/") for row in thread):
        report(thread, "there is one thread-local, in core/")


def test_writable_data_is_seen(tmp_path):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler: apt-get install build-essential")
    source = tmp_path / "sample.c"
    source.write_text("static int a; int b = 1; _Thread_local int c;\n"
                      "static const char *const d[] = {\"x\"};\n"
                      "int f(int i) { static int e; return a++ + c + e++ + *d[i]; }\n", encoding="utf-8")
    run([compiler, "-fno-pie", "-fno-pic", "-c", source, "-o", tmp_path / "sample.o"])
    seen = sorted((kind, name.partition(".")[0]) for kind, name in writable_symbols(tmp_path / "sample.o"))
    assert seen == [("D", "b"), ("b", "a"), ("b", "e"), ("thread", "c")]


def undefined_symbols(object_file):
    rows = run(["nm", "-u", object_file]).stdout.splitlines()
    return {row.split()[-1].partition("@")[0] for row in rows}


def test_memory_functions_are_linked_by_the_allocator_alone(objects):
    memory = {"malloc", "calloc", "realloc", "free", "strdup", "strndup", "aligned_alloc", "posix_memalign",
              "reallocarray", "asprintf", "vasprintf", "__strdup"}
    broken = [f"{name}: {symbol}" for name, path in objects.items() if name != "core/alloc.c"
              for symbol in sorted(undefined_symbols(path) & memory)]
    report(broken, "only core/alloc.c reaches the C library's memory; macros of libraries count too")


def test_core_and_simnet_call_no_operating_system(objects):
    calls = set("""socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg read
        write readv writev poll ppoll select epoll_create1 epoll_ctl epoll_wait close open openat fopen time
        clock clock_gettime gettimeofday nanosleep usleep sleep rand srand random srandom rand_r drand48
        getrandom getentropy getenv secure_getenv setlocale localtime localtime_r gmtime getpid fork
        pthread_create pthread_mutex_lock getaddrinfo gethostname signal sigaction ioctl fcntl""".split())
    broken = [f"{name}: {symbol}" for name, path in objects.items() if name.split("/")[0] in WORLD
              for symbol in sorted(undefined_symbols(path) & calls)]
    report(broken, "core/ and simnet/ call no clock, no chance, no file and no socket of the system")


# ---- backends for any system ----

PORTABLE = {f"backends/{name}.c" for name in ("detached", "errno_map", "os", "poll", "stream_end")}
LINUX_CALLS = set("""epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait timerfd_create
    timerfd_settime eventfd signalfd accept4 recvmmsg sendmmsg ppoll pipe2 dup3 splice sendfile
    inotify_init1 syscall""".split())


def is_portable_backend(name):
    return name in PORTABLE or name.startswith("backends/posix_")


def test_portable_backends_call_posix_only(objects):
    portable = {name: path for name, path in objects.items() if is_portable_backend(name)}
    assert len(portable) > 7 and PORTABLE <= set(portable)
    broken = [f"{name}: {symbol}" for name, path in portable.items()
              for symbol in sorted(undefined_symbols(path) & LINUX_CALLS)]
    report(broken, "the poll backend and what it shares make no call that only Linux has")
    linux = [objects["backends/epoll.c"], objects["backends/linux_socket.c"]]
    assert {"epoll_wait", "timerfd_create", "accept4"} <= set().union(*map(undefined_symbols, linux))


def test_portable_backends_ask_for_posix_only():
    broken = []
    for path in c_files("backends"):
        if not is_portable_backend(name_of(path)):
            continue
        broken += [f"{name_of(path)}:{line}: {written}"
                   for line, written in c_source.includes(text_of(path))
                   if re.match(r"<(?:linux/|asm/|sys/(?:epoll|timerfd|eventfd|signalfd)\.h)", written)]
        broken += matches([path], r"^[ \t]*#[ \t]*define[ \t]+_\w*_SOURCE\b", c_source.without_comments)
        names = r"\b(?:SOCK_NONBLOCK|SOCK_CLOEXEC|POLLRDHUP|MSG_ERRQUEUE|IP_RECVERR)\b"
        broken += matches([path], names, c_source.plain_code)
    report(broken, "they are compiled as POSIX.1-2008 and name nothing of Linux")
