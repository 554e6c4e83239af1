import FuzzKit
import Glibc

/// `make fuzz`: one target under libFuzzer, which grows a corpus by what each input reaches. A finding ends the
/// process, and its input is kept. The first argument names the target, the others are libFuzzer's; without any, it
/// names them.
@main
enum FuzzProgram {
    static func main() {
        guard CommandLine.arguments.count > 1, let target = FuzzTarget.named(CommandLine.arguments[1]) else {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            return
        }
        chosen = target
        run(CommandLine.arguments.prefix(1) + CommandLine.arguments.dropFirst(2))
    }

    /// Set once, before the first input.
    nonisolated(unsafe) private static var chosen = FuzzTarget.all[0]

    private static func run(_ arguments: ArraySlice<String>) {
        #if FUZZER
        var count = Int32(arguments.count)
        // libFuzzer keeps them until the process ends.
        var list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 1)
        for (index, argument) in arguments.enumerated() { list[index] = strdup(argument) }
        list[arguments.count] = nil
        exit(drive(&count, &list, check))
        #else
        print("This was built without libFuzzer: make fuzz")
        exit(2)
        #endif
    }

    /// Ends the process where an input breaks the target; libFuzzer then keeps the input.
    private static let check: Check = { bytes, length in
        let input = Array(UnsafeBufferPointer(start: bytes, count: length))
        do { try chosen.check(input) } catch { fatalError("\(error)") }
        return 0
    }
}

private typealias Check = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32

#if FUZZER
/// libFuzzer's entry for programs with a `main` of their own; it comes with the compiler, without a header.
@_silgen_name("LLVMFuzzerRunDriver")
private func drive(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ check: Check
) -> Int32
#endif
