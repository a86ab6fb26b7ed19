/// Gauss and Legendre's rule: nodes in −1…1 and weights, exact for polynomials up to degree 2 · count − 1.
struct Quadrature {
    let nodes: [Double]
    let weights: [Double]

    /// Newton's method on the Legendre polynomial from Tricomi's first guess; error about 1e-15.
    init(count: Int) {
        var nodes: [Double] = []
        var weights: [Double] = []
        for index in 0..<count {
            var node = cosine(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var slope = 1.0
            for _ in 0..<100 {
                let (value, derivative) = Quadrature.legendre(count, node)
                slope = derivative
                let step = value / derivative
                node -= step
                if abs(step) < 1e-16 { break }
            }
            slope = Quadrature.legendre(count, node).derivative
            nodes.append(node)
            weights.append(2 / ((1 - node * node) * slope * slope))
        }
        self.nodes = nodes
        self.weights = weights
    }

    /// The integral of a function from `start` to `end`.
    func integral(from start: Double, to end: Double, of function: (Double) -> Double) -> Double {
        let half = (end - start) / 2
        let middle = (start + end) / 2
        var sum = 0.0
        for (node, weight) in zip(nodes, weights) { sum += weight * function(middle + half * node) }
        return sum * half
    }

    private static func legendre(_ degree: Int, _ x: Double) -> (value: Double, derivative: Double) {
        var previous = 1.0
        var current = x
        for index in stride(from: 2, through: degree, by: 1) {
            let order = Double(index)
            (previous, current) = (current, ((2 * order - 1) * x * current - (order - 1) * previous) / order)
        }
        return (current, Double(degree) * (x * current - previous) / (x * x - 1))
    }
}
