/// The names under which samples are kept for charts.
public enum SampleSeries {
    /// `kind` for the service as a whole, or of the one instance with that key.
    public static func name(_ kind: String, instance: Int64?) -> String {
        instance.map { "\(kind)#\($0)" } ?? kind
    }
}
