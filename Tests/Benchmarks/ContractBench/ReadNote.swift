import Contract
import Primitives

enum NoteSubject {}
typealias NoteID = Identifier<NoteSubject>

struct NoteView: Shaped {
    let id: NoteID
    let title: String
    let text: String
    let tags: [String]
    let author: AccountID
    let isPinned: Bool
    let views: Int
    let createdAt: Timestamp
    let updatedAt: Timestamp

    static let shape = Shape(
        NoteView.init, named: "Note", .body("id", \.id), .body("title", \.title), .body("text", \.text),
        .body("tags", \.tags), .body("author", \.author), .body("isPinned", \.isPinned), .body("views", \.views),
        .body("createdAt", \.createdAt), .body("updatedAt", \.updatedAt))

    /// A note whose JSON has `bytes` bytes; always the same, so that whoever measures knows its path.
    static func sample(bytes: Int) -> NoteView {
        let id = NoteID("0190f0f0-0000-7000-8000-000000000000") ?? .make()
        let author = AccountID("0190f0f0-0000-7000-8000-000000000001") ?? .make()
        func note(textBytes: Int) -> NoteView {
            NoteView(
                id: id, title: "What was said at noon", text: String(repeating: "x", count: textBytes),
                tags: ["meeting", "spring"], author: author, isPinned: false, views: 1234, createdAt: .now,
                updatedAt: .now)
        }
        let frame = ReadNote.output.encode(note(textBytes: 0)).body?.count ?? 0
        return note(textBytes: max(0, bytes - frame))
    }
}

/// An endpoint as services have them: a typed path, someone signed in, members of several types in the answer.
enum ReadNote: Endpoint {
    typealias Caller = SignedIn
    struct Input: Sendable {
        let note: NoteID
    }
    typealias Output = NoteView
    enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/notes/{note}"
    static let policy = Policy(rate: .read, retry: .safe)
    static let input = Shape(Input.init, .path("note", \.note))
    static let output = Answer.ok(NoteView.shape)
    static let summary = "One note."
}

struct ReadNoteHandler: Handler {
    typealias Operation = ReadNote
    let note: NoteView

    func handle(_ input: ReadNote.Input, _ call: Call<SignedIn>) async throws -> NoteView {
        guard input.note == note.id else { throw Rejection<Operation.Failure>(.notFound) }
        return note
    }
}
