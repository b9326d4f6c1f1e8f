// swift-tools-version: 6.1
import PackageDescription

// What thousands of simulated incidents spend their time in is optimised also where the rest is built for debugging.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "lastgood",
    products: [.executable(name: "lastgood", targets: ["lastgood"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Rooms, lowest first; lower rooms never import higher ones.
        .target(name: "Model", swiftSettings: optimised),
        .target(name: "Calendars", dependencies: ["Model"]),
        .target(name: "Decisions", dependencies: ["Model"], swiftSettings: optimised),
        .target(
            name: "Ledger",
            dependencies: ["CFiles", "Model", "Archive", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "YAML", dependencies: ["CYAML"]),
        .target(name: "HTTP", dependencies: ["CHTTP"]),
        .target(name: "Archive", dependencies: ["CArchive", "CCrypto", "CFiles", "CZlib"]),
        // What reads large lists is optimised also where the rest is built for debugging.
        .target(name: "Kubernetes", dependencies: ["Model", "HTTP", "YAML", "CProcess"], swiftSettings: optimised),
        .target(name: "Targets", dependencies: ["Model", "HTTP", "Archive", "CProcess"]),
        .target(name: "Alarms", dependencies: ["Model", "HTTP", "Service"]),
        .target(name: "Notifications", dependencies: ["Model", "HTTP", "Archive", "CProcess"]),
        .target(
            name: "Compare",
            dependencies: [
                "Model", "Archive", "HTTP", "YAML", "CExpat", "CProcess", "CSQLite",
            ]),
        .target(
            name: "Controller",
            dependencies: [
                "Model", "Calendars", "Decisions", "Ledger", "Targets", "Alarms", "Notifications", "Compare", "Service",
                "YAML",
            ]),
        .target(name: "Service", dependencies: ["Model", "CProcess"]),
        .target(name: "Terminal", dependencies: ["CTerminal"]),
        .target(name: "Incidents", dependencies: ["Model", "Decisions", "Compare", "Terminal"]),
        .target(
            name: "Dashboard",
            dependencies: ["Model", "Calendars", "Decisions", "Compare", "Incidents", "Terminal", "YAML"]),
        .executableTarget(
            name: "lastgood",
            dependencies: [
                "Model", "Calendars", "Decisions", "Ledger", "Targets", "Alarms", "Notifications", "Compare",
                "Controller", "Service", "Terminal", "Incidents", "Dashboard", "Themes", "Archive", "YAML", "CProcess",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Deployments over simulated traffic, by which the comparison of releases is measured.
        .target(name: "TrafficModels", dependencies: ["Model", "Decisions"]),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "TrafficModels",
                "Model", "Decisions", "Ledger", "Terminal", "Dashboard", "Archive", "Compare", "CProcess",
                "HTTP", "Kubernetes",
            ]),

        // Files that travel inside the binary.
        .target(
            name: "Themes", path: "themes",
            resources: [
                .embedInCode("dark.yaml"), .embedInCode("light.yaml"),
                .embedInCode("high-contrast.yaml"), .embedInCode("color-blind.yaml"),
                .embedInCode("monochrome.yaml"), .embedInCode("terminal.yaml"), .embedInCode("nord.yaml"),
                .embedInCode("gruvbox.yaml"), .embedInCode("solarized-dark.yaml"),
                .embedInCode("solarized-light.yaml"),
            ]),

        // C libraries.
        .target(
            name: "CTerminal",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        .target(name: "CProcess"),
        .target(name: "CFiles"),
        .target(name: "CHTTP", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The core's tests build in seconds: they need no network and no database.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"]),
        .testTarget(
            name: "CalendarsTests", dependencies: ["Model", "Calendars", "TestSupport"],
            resources: [.copy("Exports")]),
        .testTarget(
            name: "DecisionsTests", dependencies: ["Model", "Decisions", "TrafficModels", "TestSupport"]),
        .testTarget(
            name: "DashboardTests",
            dependencies: [
                "Model", "Calendars", "Decisions", "Compare", "Incidents", "Dashboard", "Terminal", "Themes",
            ],
            exclude: ["Pictures"]),
        .testTarget(name: "IncidentTests", dependencies: ["Model", "Decisions", "Compare", "Incidents"]),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "TestSupport"]),
        .testTarget(
            name: "CompareTests", dependencies: ["Model", "Archive", "HTTP", "Compare", "TestSupport"]),
        .testTarget(
            name: "NotificationsTests", dependencies: ["Model", "HTTP", "Notifications", "TestSupport"]),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport"]),
        .testTarget(
            name: "KubernetesTests", dependencies: ["Model", "HTTP", "Kubernetes", "TestSupport"]),
        .testTarget(name: "ServiceTests", dependencies: ["CProcess", "Service", "TestSupport"]),
        .testTarget(name: "AlarmsTests", dependencies: ["Model", "Alarms", "TestSupport"]),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["Model", "Ledger", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(
            name: "ControllerTests",
            dependencies: [
                "Model", "Calendars", "Decisions", "Controller", "Ledger", "Targets", "Archive", "Alarms", "YAML",
                "TestSupport",
            ]),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Model", "Decisions", "Ledger", "Controller", "Targets", "Alarms", "TestSupport"],
            swiftSettings: optimised),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "lastgood", "Controller", "Dashboard", "Decisions", "Terminal", "Model", "Ledger", "Targets",
                "TestSupport",
                "YAML",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
