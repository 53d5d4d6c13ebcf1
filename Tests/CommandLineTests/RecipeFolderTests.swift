import Files
import Glibc
import TestSupport
import Testing

/// Recipes are found from any working folder: those in `recipes` here first, then those of the clone that the executable
/// was built in.
@Suite struct RecipeFolderTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  /// The recipes of the clone.
  private let clone = join(parentFolder(parentFolder(parentFolder(#filePath))), "recipes")

  private func names(_ listed: Outcome) -> [String] {
    listed.output.split(separator: "\n").compactMap { $0.split(separator: ":").first.map(String.init) }
  }

  @Test func theClonesAreListedAndRead() throws {
    let listed = try run("train", "--list")
    #expect(listed.code == 0 && names(listed).contains("shapes-clip"), "\(listed)")
    let bad = try run("train", "shapes-clip", "--out", "run", "--set", "stps=1")
    #expect(bad.isOneLine(1, containing: "--set stps=1: stps: unknown key; did you mean steps?"), "\(bad)")
    // A run says from which file it was made.
    #expect(try run("train", "shapes-clip", "--out", "made", "--steps", "1", "--set", "batch_size=2").code == 0)
    let header = "// resolved from \(join(clone, "shapes-clip.json5"))\n"
    #expect(try readText(folder("made/recipe.json5")).hasPrefix(header))
    let unknown = try run("train", "shapes-clp", "--out", "run")
    #expect(
      unknown.isOneLine(1, containing: "no such recipe in recipes or \(clone); did you mean shapes-clip?"), "\(unknown)"
    )
    #expect(kind(of: folder("run")) == .absent)
  }

  @Test func thoseOfTheWorkingFolderComeFirst() throws {
    try makeFolder(folder("recipes"))
    try writeFile(folder("recipes/shapes-clip.json5"), "// My own shapes.\n{ stps: 1 }\n")
    try writeFile(folder("recipes/zebras.json5"), "// Zebras.\n{}\n")
    let listed = try run("train", "--list")
    #expect(listed.output.contains("shapes-clip: My own shapes.\n"), "\(listed)")
    #expect(names(listed).contains("siglip-shapes") && names(listed).last == "zebras")
    #expect(names(listed) == names(listed).sorted() && Set(names(listed)).count == names(listed).count)
    let bad = try run("train", "shapes-clip", "--out", "run")
    #expect(bad.isOneLine(1, containing: "recipes/shapes-clip.json5: stps: unknown key"), "\(bad)")
    #expect(!bad.errors.contains(clone))
  }

  /// An executable that was copied away knows no clone.
  @Test func anEmptyListSaysWhereItLooked() throws {
    let copy = folder("diptych")
    try writeFile(copy, readFile(Executable.path))
    #expect(chmod(copy, 0o755) == 0)
    let listed = try Executable.run(["train", "--list"], in: folder.path, program: copy)
    #expect(listed.isOneLine(1, containing: "there are no recipes in \(folder("recipes"))"), "\(listed)")
  }

  /// Reached through a link, the program still knows where it was built.
  @Test func alsoThroughALink() throws {
    try makeFolder(folder("bin"))
    let link = folder("bin/diptych")
    #expect(symlink(Executable.path, link) == 0)
    let listed = try Executable.run(["train", "--list"], in: folder.path, program: link)
    #expect(listed.code == 0 && names(listed).contains("shapes-clip"), "\(listed)")
  }
}
