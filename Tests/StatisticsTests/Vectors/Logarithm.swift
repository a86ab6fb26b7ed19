import Foundation

func _log(_ value: Double) -> Double { Foundation.log(value) }
