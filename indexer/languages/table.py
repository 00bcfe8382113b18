"""The languages, as data."""

from __future__ import annotations

from .language import Language

TEXT = Language("text", "text", extensions=("txt", "text", "log"), filenames=("license", "copying", "notice"))


def _language(
    name: str,
    title: str,
    grammar: str | None,
    extensions: str = "",
    *,
    aliases: str = "",
    filenames: str = "",
    interpreters: str = "",
) -> Language:
    return Language(
        name=name,
        title=title,
        grammar=grammar,
        aliases=tuple(aliases.split()),
        extensions=tuple(extensions.split()),
        filenames=tuple(filenames.lower().split()),
        interpreters=tuple(interpreters.split()),
    )


_PROGRAMMING = (
    _language(
        "python",
        "Python",
        "python",
        "py pyi pyw pyx pxd wsgi",
        aliases="py python3",
        filenames="SConstruct SConscript wscript .pythonrc",
        interpreters="python python2 python3 pypy pypy3 uv",
    ),
    _language(
        "starlark",
        "Starlark",
        "starlark",
        "bzl star",
        aliases="bazel",
        filenames="BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel Tiltfile BUCK",
    ),
    _language(
        "javascript",
        "JavaScript",
        "javascript",
        "js mjs cjs jsx es6",
        aliases="js jsx node ecmascript",
        filenames="Jakefile",
        interpreters="node nodejs deno bun",
    ),
    _language(
        "typescript",
        "TypeScript",
        "typescript",
        "ts mts cts",
        aliases="ts",
        interpreters="ts-node tsx",
    ),
    _language("tsx", "TSX", "tsx", "tsx"),
    _language("java", "Java", "java", "java"),
    _language("kotlin", "Kotlin", "kotlin", "kt kts ktm", aliases="kt", interpreters="kotlin"),
    _language("scala", "Scala", "scala", "scala sc sbt", interpreters="scala"),
    _language(
        "groovy",
        "Groovy",
        None,
        "groovy gradle gvy",
        filenames="Jenkinsfile",
        interpreters="groovy",
    ),
    _language("c", "C", "c", "c"),
    _language(
        "cpp",
        "C++",
        "cpp",
        "cpp cc cxx c++ hpp hh hxx h++ ipp inl tpp txx tcc ixx cppm ino",
        aliases="c++ cxx cplusplus",
    ),
    _language("cuda", "CUDA", "cuda", "cu cuh"),
    _language(
        "objc",
        "Objective-C",
        "objc",
        "m mm",
        aliases="objective-c objectivec obj-c",
    ),
    _language("csharp", "C#", "csharp", "cs csx cake", aliases="c# cs"),
    _language("fsharp", "F#", None, "fs fsx", aliases="f# fs"),
    _language("go", "Go", "go", "go", aliases="golang"),
    _language("rust", "Rust", "rust", "rs", aliases="rs", interpreters="rust-script"),
    _language(
        "ruby",
        "Ruby",
        "ruby",
        "rb rake gemspec ru rbi podspec jbuilder thor rabl builder",
        aliases="rb",
        filenames="Gemfile Rakefile Guardfile Capfile Vagrantfile Podfile Fastfile Brewfile Appraisals "
        "Dangerfile Berksfile .irbrc .pryrc",
        interpreters="ruby jruby macruby rake",
    ),
    _language(
        "php",
        "PHP",
        "php",
        "php php3 php4 php5 php7 php8 phtml phpt",
        interpreters="php",
    ),
    _language("swift", "Swift", "swift", "swift", interpreters="swift"),
    _language(
        "lua",
        "Lua",
        "lua",
        "lua rockspec wlua",
        filenames=".luacheckrc",
        interpreters="lua luajit lua5.1 lua5.3 lua5.4",
    ),
    _language(
        "bash",
        "Bash",
        "bash",
        "sh bash zsh ksh bats ebuild eclass command",
        aliases="sh shell zsh shellscript",
        filenames=".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv "
        ".zprofile .zlogin .kshrc .envrc PKGBUILD APKBUILD configure.ac",
        interpreters="sh bash zsh ksh dash ash busybox bats",
    ),
    _language(
        "elixir", "Elixir", "elixir", "ex exs", aliases="ex", filenames="mix.lock", interpreters="elixir"
    ),
    _language(
        "erlang",
        "Erlang",
        "erlang",
        "erl hrl escript",
        filenames="rebar.config",
        interpreters="escript",
    ),
    _language(
        "haskell", "Haskell", "haskell", "hs hs-boot hsc", aliases="hs", interpreters="runhaskell stack"
    ),
    _language("zig", "Zig", "zig", "zig zon"),
    _language("dart", "Dart", "dart", "dart", interpreters="dart"),
    _language("julia", "Julia", "julia", "jl", aliases="jl", interpreters="julia"),
    _language("r", "R", "r", "r", filenames=".rprofile", interpreters="rscript"),
    _language("ocaml", "OCaml", "ocaml", "ml", aliases="ml", interpreters="ocaml"),
    _language(
        "clojure",
        "Clojure",
        "clojure",
        "clj cljs cljc edn bb",
        aliases="clj clojurescript",
        interpreters="bb clojure",
    ),
    _language(
        "perl", "Perl", "perl", "pl pm t psgi", aliases="pl", filenames="cpanfile", interpreters="perl"
    ),
    _language(
        "powershell", "PowerShell", "powershell", "ps1 psm1 psd1", aliases="ps1 pwsh", interpreters="pwsh"
    ),
    _language("solidity", "Solidity", "solidity", "sol", aliases="sol"),
    _language("elm", "Elm", "elm", "elm"),
)

_OTHER = (
    _language(
        "markdown",
        "Markdown",
        None,
        "md markdown mdx mdown mkd mkdn qmd rmd livemd",
        aliases="md",
    ),
    _language("restructuredtext", "reStructuredText", None, "rst rest", aliases="rst"),
    _language("asciidoc", "AsciiDoc", None, "adoc asciidoc asc", aliases="adoc"),
    _language("org", "Org", None, "org"),
    _language("latex", "LaTeX", None, "tex sty cls bib", aliases="tex"),
    _language(
        "json",
        "JSON",
        None,
        "json jsonc json5 jsonl ndjson geojson webmanifest ipynb",
        aliases="jsonc",
        filenames=".babelrc .eslintrc .prettierrc .swcrc composer.lock",
    ),
    _language("yaml", "YAML", None, "yaml yml", aliases="yml", filenames=".clang-format .clang-tidy"),
    _language("toml", "TOML", None, "toml", filenames="Cargo.lock poetry.lock uv.lock Pipfile"),
    _language(
        "ini",
        "INI",
        None,
        "ini cfg conf properties editorconfig desktop service",
        aliases="properties",
        filenames=".editorconfig .gitconfig .npmrc .pylintrc .flake8 .coveragerc",
    ),
    _language(
        "xml", "XML", None, "xml xsd xsl xslt svg plist pom csproj fsproj vbproj props targets resx xaml wsdl"
    ),
    _language("html", "HTML", None, "html htm xhtml", aliases="htm"),
    _language(
        "template",
        "HTML template",
        None,
        "erb ejs hbs mustache jinja jinja2 j2 tmpl twig njk liquid heex eex leex cshtml razor haml slim pug",
    ),
    _language("vue", "Vue", None, "vue"),
    _language("svelte", "Svelte", None, "svelte"),
    _language("astro", "Astro", None, "astro"),
    _language("css", "CSS", None, "css pcss postcss"),
    _language("scss", "SCSS", None, "scss sass less styl", aliases="sass less"),
    _language("sql", "SQL", None, "sql psql pgsql mysql plsql ddl dml"),
    _language("graphql", "GraphQL", None, "graphql gql graphqls", aliases="gql"),
    _language("protobuf", "Protocol Buffers", None, "proto", aliases="proto"),
    _language("thrift", "Thrift", None, "thrift"),
    _language("hcl", "HCL", None, "tf tfvars hcl nomad", aliases="terraform tf"),
    _language("nix", "Nix", None, "nix"),
    _language(
        "make",
        "Makefile",
        None,
        "mk mak make am",
        aliases="makefile",
        filenames="Makefile GNUmakefile BSDmakefile Makefile.am Makefile.in Kbuild",
        interpreters="make",
    ),
    _language("just", "Justfile", None, "just", filenames="Justfile .justfile"),
    _language("cmake", "CMake", None, "cmake", filenames="CMakeLists.txt"),
    _language("meson", "Meson", None, "", filenames="meson.build meson_options.txt meson.options"),
    _language(
        "dockerfile",
        "Dockerfile",
        None,
        "dockerfile containerfile",
        aliases="docker",
        filenames="Dockerfile Containerfile",
    ),
    _language(
        "vim", "Vim script", None, "vim vimrc", aliases="vimscript viml", filenames=".vimrc .gvimrc _vimrc"
    ),
    _language("fish", "Fish", None, "fish", interpreters="fish"),
    _language("tcl", "Tcl", None, "tcl tm exp", interpreters="tclsh wish expect"),
    _language("awk", "Awk", None, "awk", interpreters="awk gawk mawk nawk"),
    _language("batch", "Batch", None, "bat cmd", aliases="bat"),
    _language("assembly", "Assembly", None, "s asm nasm", aliases="asm"),
    _language("lisp", "Lisp", None, "lisp lsp cl el scm ss rkt", aliases="elisp scheme racket commonlisp"),
    _language("fortran", "Fortran", None, "f for f77 f90 f95 f03 f08"),
    _language("pascal", "Pascal", None, "pas pp dpr lpr"),
    _language("ada", "Ada", None, "adb ads ada"),
    _language("d", "D", None, "d di"),
    _language("nim", "Nim", None, "nim nims nimble"),
    _language("crystal", "Crystal", None, "cr"),
    _language("v", "V", None, "vsh"),
    _language("verilog", "Verilog", None, "v vh sv svh", aliases="systemverilog"),
    _language("vhdl", "VHDL", None, "vhd vhdl"),
    _language("glsl", "GLSL", None, "glsl vert frag geom comp tesc tese hlsl wgsl metal", aliases="shader"),
    _language("matlab", "MATLAB", None, "mlx"),
    _language("diff", "Diff", None, "diff patch"),
    TEXT,
)

LANGUAGES: tuple[Language, ...] = _PROGRAMMING + _OTHER
