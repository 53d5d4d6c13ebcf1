import Glibc
import Synchronization

/// Runs `body` on so many POSIX threads at once and returns what each gave.
func concurrently<Value: Sendable>(
  threads: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Results<Value>(count: threads)
  var handles: [pthread_t] = []
  for number in 0..<threads {
    var handle = pthread_t()
    let work = Work { results.set(number, Result { try body(number) }) }
    let code = pthread_create(
      &handle, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    guard code == 0 else { fatalError("no thread: \(code)") }
    handles.append(handle)
  }
  for handle in handles { pthread_join(handle, nil) }
  return try results.all()
}

private final class Work: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private final class Results<Value: Sendable>: Sendable {
  private let values: Mutex<[Result<Value, any Error>?]>
  init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }
  func set(_ number: Int, _ value: Result<Value, any Error>) { values.withLock { $0[number] = value } }
  func all() throws -> [Value] { try values.withLock { try $0.compactMap { try $0?.get() } } }
}
