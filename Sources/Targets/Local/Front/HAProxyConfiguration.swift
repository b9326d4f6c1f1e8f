import Foundation

/// The configuration of the HAProxy that is an environment's front.
///
/// Everything in it is relative to the folder that it runs in, so that no path is too long for a socket's name (108
/// bytes, see unix(7)) and none needs quoting.
struct HAProxyConfiguration: Equatable {
    static let backend = "instances"
    static let frontend = "front"
    /// One more whenever the text below changes: a front that was started with another is exchanged.
    private static let edition = 1
    private static let fewestSlots = 32

    var port: Int
    /// How many instances can be behind it, those that are leaving included.
    var slots: Int

    private static let slotsForThoseThatLeave = 8

    /// With room for two sets, and for those that are leaving.
    init(port: Int, instances: Int) {
        self.port = port
        var slots = Self.fewestSlots
        while slots < instances * 2 + Self.slotsForThoseThatLeave { slots *= 2 }
        self.slots = slots
    }

    /// Tells one configuration from another, whatever instances are behind it.
    var form: String { "\(Self.edition)-\(port)-\(slots)" }

    /// On which port one listens.
    static func port(of form: String) -> Int? {
        let parts = form.split(separator: "-")
        return parts.count == 3 ? Int(parts[1]) : nil
    }

    /// Where one answers. Each form has a socket of its own: a front that cannot start takes no other one's away.
    static func socket(_ form: String) -> String { "runtime-\(form)" }

    /// The forms whose sockets lie in a folder.
    static func forms(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { $0.hasPrefix(socket("")) }.map { String($0.dropFirst(socket("").count)) }
    }

    /// - Parameter ports: of the instances that it begins with.
    ///
    /// Two fronts never share the port (`noreuseport`). Connections to instances are closed after each request, so that
    /// none is sent on one that its instance is just closing. What cannot be connected to is tried elsewhere at once;
    /// what was sent is never sent again. The checks find what ends while lastgood does not run.
    func text(ports: [Int]) -> String {
        let servers = (0..<slots).map { index in
            let port = index < ports.count ? "\(ports[index])" : "1 disabled"
            return "    server s\(index + 1) 127.0.0.1:\(port)"
        }
        return """
            # Written by lastgood, and again with each start: changes are lost.
            global
                stats socket unix@\(Self.socket(form)) mode 600 level admin expose-fd listeners
                stats timeout 10s
                nbthread 1
                noreuseport
            defaults
                mode http
                timeout connect 2s
                timeout http-request 1m
                timeout http-keep-alive 1m
                timeout client 1h
                timeout server 1h
                timeout tunnel 24h
                retries 3
                option redispatch 1
                option http-server-close
                option forwardfor
            frontend \(Self.frontend)
                bind :\(port)
                default_backend \(Self.backend)
            backend \(Self.backend)
                balance roundrobin
                default-server check inter 1s fall 3 rise 1
            \(servers.joined(separator: "\n"))

            """
    }
}
