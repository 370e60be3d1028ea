/// The items of a list as people write it, with commas and perhaps blanks or line ends around them; an item may be
/// empty.
package func listItems(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
}

/// `text` without blanks and line ends at its ends.
package func trimmed(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
}
