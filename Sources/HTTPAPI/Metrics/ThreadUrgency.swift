import Glibc

/// How urgent a thread is to the system's scheduler.
enum ThreadUrgency {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Lets every other thread of the process go before this one, when there are too few processors.
    static func lower() {
        guard pthread_getspecific(key) == nil else { return }
        pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1))
        // To Linux a thread is a process here. Without leave to do it nothing is lost.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
    }
}
