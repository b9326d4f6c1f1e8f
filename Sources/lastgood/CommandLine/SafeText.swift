import Model
import Terminal

/// Text from outside as it may be printed: without what looks like a secret, and harmless to a terminal.
func visible(_ text: String) -> String { Terminal.visible(Secrets.hiding(in: text), isASCII: false) }
