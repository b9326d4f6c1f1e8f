/// What the shop's release with a feature flag is written in.
extension DemoSource {
    /// OpenFeature reads the flag where this python3 can import its provider for flagd; elsewhere the shop does it itself,
    /// so that the demo needs nothing but python3.
    static let flags = #"""
        """The flags of the shop, from a file in flagd's format."""
        import datetime
        import json
        import os
        import threading

        PATH = os.environ.get("FLAGS", "flags.json")


        def open_feature():
            from importlib.metadata import version

            from openfeature import api
            from openfeature.contrib.provider.flagd import FlagdProvider
            from openfeature.contrib.provider.flagd.config import ResolverType

            # It looks at the file as often as this says.
            api.set_provider_and_wait(FlagdProvider(
                resolver_type=ResolverType.FILE, offline_flag_source_path=PATH, deadline_ms=50))
            client = api.get_client()

            def evaluate(name):
                details = client.get_boolean_details(name, False)
                return details.value, details.variant

            return evaluate, "openfeature-provider-flagd " + version("openfeature-provider-flagd")


        def by_itself(name):
            """All that a flag without targeting needs."""
            try:
                with open(PATH, encoding="utf-8") as file:
                    flag = json.load(file)["flags"][name]
                if flag["state"] == "ENABLED" and isinstance(flag["variants"][flag["defaultVariant"]], bool):
                    return flag["variants"][flag["defaultVariant"]], flag["defaultVariant"]
            except (OSError, ValueError, LookupError, TypeError):
                pass
            return False, None


        try:
            evaluate, READER = open_feature()
        except Exception as trouble:
            # Not there, or older than this.
            why = " ".join(str(trouble).split()) or type(trouble).__name__
            evaluate, READER = by_itself, "the service itself: %s" % why

        found = {}
        lock = threading.Lock()


        def is_on(name):
            """Whether a request is to have what is behind a flag; the first one that finds the flag elsewhere says so."""
            with lock:
                value, variant = evaluate(name)
                if name not in found or found[name] != variant:
                    found[name] = variant
                    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
                    print("%s %s %s: flag %s is at %s, read by %s" % (
                        now, os.environ.get("INSTANCE"), os.environ.get("RELEASE"), name, variant, READER), flush=True)
            return value

        """#

    /// What is new, and has never seen a request before its flag goes on: one country in four is not in its table.
    static let checkout = """
        COUNTRIES = ["DE", "ES", "FR", "PT"]
        SHIPPING = {"DE": 5.9, "ES": 4.9, "FR": 5.5}


        def check_out(price, subtotal):
            country = COUNTRIES[int(subtotal) % len(COUNTRIES)]
            return round(price + SHIPPING[country], 2)

        """

    /// The old way and the new one, side by side.
    static let flaggedPricing = """
            price = round(subtotal * (0.9 if subtotal >= 50 else 1.0), 2)
            return check_out(price, subtotal) if is_on("\(DemoFlag.flag.flag)") else price


        from checkout import check_out  # noqa: E402
        from flags import is_on  # noqa: E402
        """
}
