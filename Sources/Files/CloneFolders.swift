import Glibc

/// Where a program that was built in a clone finds what belongs to it: a folder of this name in the working folder, and that
/// of the clone, where there is one.
public func usualFolders(named name: String) -> [String] {
  var folders = [name]
  // A clone's program lies in `.build/…` of the clone.
  var folder = executablePath.map(parentFolder) ?? "/"
  while folder != "/" && folder != "." {
    let beside = join(folder, name)
    if kind(of: join(folder, "Package.swift")) == .file, kind(of: beside) == .folder { folders.append(beside) }
    folder = parentFolder(folder)
  }
  return folders
}

private var executablePath: String? {
  let path = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
    guard let start = buffer.baseAddress else { return }
    count = max(0, readlink("/proc/self/exe", start, buffer.count))
  }
  return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
}
