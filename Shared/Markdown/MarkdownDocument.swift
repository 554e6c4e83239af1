internal import CCmark
internal import Glibc

/// A parsed text: owns cmark's parser and tree, and is used by one task.
@safe struct MarkdownDocument: ~Copyable {
    private let parser: OpaquePointer
    private let root: OpaquePointer

    /// The names under which cmark-gfm registers what it adds to CommonMark.
    private static let extensionNames = ["table", "strikethrough", "autolink"]

    private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

    init(parsing text: String) {
        Self.registered
        guard let parser = unsafe cmark_parser_new(CMARK_OPT_DEFAULT) else {
            preconditionFailure("cmark aborts where it has no memory")
        }
        for name in Self.extensionNames {
            guard let known = unsafe cmark_find_syntax_extension(name) else {
                preconditionFailure("cmark-gfm has no \(name)")
            }
            unsafe cmark_parser_attach_syntax_extension(parser, known)
        }
        var text = text
        text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe cmark_parser_feed(parser, characters.baseAddress, characters.count)
            }
        }
        guard let root = unsafe cmark_parser_finish(parser) else {
            preconditionFailure("a parser finishes once")
        }
        unsafe self.parser = unsafe parser
        unsafe self.root = unsafe root
        dropRawHTML()
    }

    deinit {
        unsafe cmark_node_free(root)
        unsafe cmark_parser_free(parser)
    }

    /// The HTML, or nil where it is longer than `bytesMax`.
    func html(bytesMax: Int) -> String? {
        let extensions = unsafe cmark_parser_get_syntax_extensions(parser)
        guard let text = unsafe cmark_render_html(root, CMARK_OPT_DEFAULT, extensions) else { return nil }
        defer { unsafe free(text) }
        guard unsafe strnlen(text, bytesMax + 1) <= bytesMax else { return nil }
        return unsafe String(cString: text)
    }

    /// What the running text says.
    func gist() -> MarkdownGist {
        var gist = MarkdownGist()
        unsafe walk { node, isEntering in
            let type = unsafe cmark_node_get_type(node)
            switch type {
            case CMARK_NODE_TEXT, CMARK_NODE_CODE:
                if isEntering, let literal = unsafe cmark_node_get_literal(node) {
                    gist.add(unsafe String(cString: literal))
                }
            case CMARK_NODE_CODE_BLOCK:
                if isEntering, let literal = unsafe cmark_node_get_literal(node) {
                    gist.addAside(unsafe String(cString: literal))
                }
            case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: gist.separate()
            case CMARK_NODE_HEADING: gist.heading(begins: isEntering)
            default:
                if unsafe causeway_cmark_is_block(node) { gist.separate() }
            }
        }
        return gist
    }

    /// Takes raw HTML out of the tree; cmark itself would leave a comment in its place.
    private func dropRawHTML() {
        var raw: [OpaquePointer] = unsafe []
        unsafe walk { node, isEntering in
            let type = unsafe cmark_node_get_type(node)
            if isEntering, type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE { unsafe raw.append(node) }
        }
        unsafe raw.forEach { node in unsafe cmark_node_free(node) }
    }

    private func walk(_ visit: (OpaquePointer, _ isEntering: Bool) -> Void) {
        guard let iterator = unsafe cmark_iter_new(root) else { return }
        defer { unsafe cmark_iter_free(iterator) }
        while true {
            let event = unsafe cmark_iter_next(iterator)
            guard event != CMARK_EVENT_DONE, let node = unsafe cmark_iter_get_node(iterator) else { return }
            unsafe visit(node, event == CMARK_EVENT_ENTER)
        }
    }
}
