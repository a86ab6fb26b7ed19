import Foundation
import Values

/// How far east of UTC each zone is at a moment, in seconds. A name that the machine does not know is left out.
func zoneOffsets(_ zones: Set<String>, at now: Timestamp) -> [String: Int] {
    guard !zones.isEmpty else { return [:] }
    let date = Date(timeIntervalSince1970: now.seconds)
    return Dictionary(
        uniqueKeysWithValues: zones.compactMap { zone in
            TimeZone(identifier: zone).map { (zone, $0.secondsFromGMT(for: date)) }
        })
}
