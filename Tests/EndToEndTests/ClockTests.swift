import Foundation
import Ledger
import Model
import Testing

extension EndToEndTests {
    /// The real binary where the machine's clock is set while it acts: a preloaded library shows it another time of day,
    /// and nothing else.
    @Suite struct ClockTests {
        private static let library = """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stdlib.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <time.h>
            #include <unistd.h>
            static long shift(void) {
                char text[32] = {0};
                int file = open(getenv("CLOCK_SHIFT"), O_RDONLY);
                if (file < 0) return 0;
                long found = read(file, text, sizeof text - 1) > 0 ? atol(text) : 0;
                close(file);
                return found;
            }
            int clock_gettime(clockid_t clock, struct timespec *time) {
                int result = syscall(SYS_clock_gettime, clock, time);
                if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec += shift();
                return result;
            }
            int gettimeofday(struct timeval *time, void *zone) {
                struct timespec now;
                clock_gettime(CLOCK_REALTIME, &now);
                time->tv_sec = now.tv_sec;
                time->tv_usec = now.tv_nsec / 1000;
                return 0;
            }
            time_t time(time_t *result) {
                struct timespec now;
                clock_gettime(CLOCK_REALTIME, &now);
                if (result) *result = now.tv_sec;
                return now.tv_sec;
            }
            """

        @Test(arguments: [3600, -3600]) func aBakeCountsTheTimeThatPassesThoughTheClockIsSet(_ shift: Int) async throws
        {
            let shop = try Workshop(instances: 1, bake: "6s")
            try Self.library.write(toFile: "\(shop.folder)/clock.c", atomically: true, encoding: .utf8)
            try Workshop.shell("clang -shared -fPIC -o clock.so clock.c; echo 0 > shift", in: shop.folder)
            let server = try shop.start(
                ["serve"],
                variables: ["LD_PRELOAD": "\(shop.folder)/clock.so", "CLOCK_SHIFT": "\(shop.folder)/shift"])
            defer {
                server.terminate()
                server.waitUntilExit()
            }
            let ledger = try shop.ledger()
            try await shop.eventually("a leader") {
                try ledger.currentLease()?.holder.process.pid == server.processIdentifier
            }
            try shop.lastgood(["deploy", "svc", "1.0.0", "--to", "svc/env0"])
            try await shop.eventually("its bake") {
                try ledger.environment(Workshop.address())?.deployment?.phase == .baking
            }
            try "\(shift)".write(toFile: "\(shop.folder)/shift", atomically: true, encoding: .utf8)
            try await shop.eventually("its end") {
                try ledger.environment(Workshop.address())?.deployment?.phase.isActive == false
            }
            var query = EventQuery()
            query.subject = .environment(Workshop.address())
            let events = try ledger.events(query)
            let begun = try #require(events.first { if case .bakeStarted = $0.body { true } else { false } })
            let set = try #require(
                events.first { if case .clockSet = $0.body { true } else { false } }, "\(events.map(\.summary))")
            let word = shift > 0 ? "forward" : "back"
            #expect(set.summary.hasPrefix("the machine's clock was set \(word) by 1 h; "))
            let ended = try #require(events.last { if case .deploymentEnded = $0.body { true } else { false } })
            #expect(ended.summary.contains("succeeded: baked for "), "\(ended.summary)")
            // As long by the time that passed as it was to be, and not an hour longer.
            let length = ended.time - begun.time - .seconds(shift)
            #expect(length >= .milliseconds(5900) && length < .seconds(600), "\(length)")
        }
    }
}
