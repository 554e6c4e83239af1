import Foundation
import Testing

/// A target imports only what the manifest declares for it, and the manifest declares only lower layers.
@Suite struct ImportTests {
    let files = Repository.shared.swiftFiles
    let manifest: Manifest

    /// What comes with the toolchain.
    private static let toolchain: Set<String> = ["Glibc", "Synchronization", "Swift"]
    private static let toolchainInTests = toolchain.union(["Foundation", "Testing"])
    /// One Swift module stands at the door of each C library. OpenSSL is two libraries, libcrypto and libssl.
    private static let doorsByModule: [String: Set<String>] = ["COpenSSL": ["Cryptography", "TLS"]]

    init() throws {
        manifest = try Manifest.load(root: Repository.shared.root)
    }

    @Test func everyFileBelongsToATarget() {
        #expect(manifest.targets.count > 1 && files.count > 10)
        for file in files where file.path != "Package.swift" {
            #expect(manifest.target(of: file) != nil, "\(file.path) is in no target")
        }
    }

    @Test func importsAreDeclared() {
        for file in files where file.path != "Package.swift" {
            guard let target = manifest.target(of: file) else { continue }
            let allowed = (file.isTest ? Self.toolchainInTests : Self.toolchain).union(target.dependencies)
            for (module, line) in file.imports {
                #expect(allowed.contains(module), "\(file.path):\(line) imports \(module), not declared: Package.swift")
            }
        }
    }

    @Test func declaredDependenciesAreImported() {
        let executables = Set(manifest.targets.filter { $0.kind == "executable" }.map(\.name))
        for target in manifest.targets where target.kind != "system" {
            let imported = Set(
                files.filter { manifest.target(of: $0)?.name == target.name }.flatMap(\.imports).map(\.0))
            // Tests may name the executable only so that it is built for them.
            let unused = Set(target.dependencies).subtracting(imported).subtracting(executables)
            #expect(unused.isEmpty, "\(target.name) declares and never imports \(unused.sorted())")
        }
    }

    @Test func dependenciesPointToLowerLayers() {
        let position = Dictionary(uniqueKeysWithValues: manifest.targets.enumerated().map { ($1.name, $0) })
        for (index, target) in manifest.targets.enumerated() {
            for dependency in target.dependencies {
                guard let below = position[dependency] else { continue }
                #expect(
                    below < index, "\(target.name) depends on \(dependency), which stands below it in Package.swift")
            }
        }
    }

    @Test func eachCLibraryHasOneDoor() {
        for library in manifest.targets where library.kind == "system" {
            let importers = manifest.targets.filter { $0.kind != "test" && $0.dependencies.contains(library.name) }
            let doors = Self.doorsByModule[library.name] ?? Set(importers.prefix(1).map(\.name))
            for importer in importers {
                #expect(doors.contains(importer.name), "\(importer.name) is a second door to \(library.name)")
                #expect(importer.hasStrictMemorySafety, "\(importer.name) imports C: cDoor: true")
            }
        }
    }
}
