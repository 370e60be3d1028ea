/// A stretch of an answer, as it becomes known. All texts of one kind between two others, joined, are one text.
package enum AnswerPiece: Sendable, Equatable {
    /// What the model says to the user.
    case text(String)
    /// What it thought before it spoke.
    case reasoning(String)
    /// It is certain that a call of this function begins. The call's arguments and its end follow.
    case callBegins(name: String)
    /// More of the call's arguments: JSON text exactly as the model wrote it, so possibly broken or cut off.
    case callArguments(String)
    /// The call that began last is over.
    case callEnds
}
