/// The theme files that travel inside the binary.
public enum BuiltInThemes {
    /// Name and text of each, the default first.
    public static let all: [(name: String, text: String)] = [
        ("dark", text(PackageResources.dark_yaml)),
        ("light", text(PackageResources.light_yaml)),
        ("high-contrast", text(PackageResources.high_contrast_yaml)),
        ("color-blind", text(PackageResources.color_blind_yaml)),
        ("monochrome", text(PackageResources.monochrome_yaml)),
        ("terminal", text(PackageResources.terminal_yaml)),
        ("nord", text(PackageResources.nord_yaml)),
        ("gruvbox", text(PackageResources.gruvbox_yaml)),
        ("solarized-dark", text(PackageResources.solarized_dark_yaml)),
        ("solarized-light", text(PackageResources.solarized_light_yaml)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
