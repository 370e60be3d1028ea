extension String {
    private static let loggableMax = 200

    /// What may stand in a log line: a beginning of it, without characters that move a terminal's cursor or hide text.
    var loggable: String {
        var text = ""
        for scalar in unicodeScalars.prefix(Self.loggableMax) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: text += "?"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
