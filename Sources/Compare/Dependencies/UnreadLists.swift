/// Lists of dependencies that are known by name, but not read.
enum UnreadLists {
    /// By the last part of their path.
    private static let names: [String: String] = [
        "bun.lock": "Bun", "bun.lockb": "Bun", "deno.lock": "Deno", "pdm.lock": "PDM", "pylock.toml": "pip",
        "conda-lock.yml": "Conda", "environment.yml": "Conda", "Podfile.lock": "CocoaPods", "pubspec.lock": "Dart",
        "flake.lock": "Nix", "packages.config": "NuGet", "paket.lock": "Paket", "Directory.Packages.props": "NuGet",
        "libs.versions.toml": "Gradle", "rebar.lock": "Rebar", "stack.yaml.lock": "Stack", "conan.lock": "Conan",
        "vcpkg.json": "vcpkg", "Chart.lock": "Helm", ".terraform.lock.hcl": "Terraform", "MODULE.bazel.lock": "Bazel",
        "cabal.project.freeze": "Cabal", "renv.lock": "R", "Manifest.toml": "Julia", "build.sbt": "sbt",
    ]

    /// What is said of those that changed: packages may be missing because of them.
    static func remarks(_ files: [ChangedFile]) -> [ListContents.Remark] { remarks(paths: files.map(\.path)) }

    static func remarks(paths: [String]) -> [ListContents.Remark] {
        paths.compactMap { path in
            let name = lastPart(path)
            let isRDF = [".spdx.rdf", ".spdx.rdf.xml"].contains { name.hasSuffix($0) }
            return (isRDF ? "SPDX in RDF" : names[String(name)]).map { tool in
                ListContents.Remark(
                    isGap: true, text: "\(path) changed, and lists of \(tool) under that name are not read", file: path)
            }
        }
    }
}
