internal import JSON

extension JSONPatch {
    /// The JSON Schema of a patch (RFC 6902, sections 3 and 4).
    static let schema: JSONObject = [
        "type": "array", "maxItems": .integer(Int64(Limits().operationsMax)),
        "items": [
            "type": "object", "required": ["op", "path"],
            "properties": [
                "op": ["type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]],
                "path": pointerSchema, "from": pointerSchema,
                "value": ["description": "For add, replace and test."],
            ],
        ],
        "description": .string(
            "RFC 6902. Applied to the members that can be patched, as they are shown; the pointers of invalid values "
                + "name members of the resource."),
        "examples": [[["op": "add", "path": "/tags/-", "value": "swift"]]],
    ]

    private static let pointerSchema: JSONValue = [
        "type": "string", "format": "json-pointer", "description": "RFC 6901; from is for move and copy.",
    ]
}
