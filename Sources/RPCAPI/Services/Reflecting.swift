import NIOCore

extension RPCLoop {
    /// Answers one of the questions on a reflection stream.
    func reflect(_ message: ByteBuffer, _ call: Call, _ door: any Door) throws(RPCStatus) {
        guard !call.dialect.json else {
            throw RPCStatus(.unimplemented, "reflection is answered in protobuf only")
        }
        guard call.unsentMessages < Limits.unreadMessages else {
            throw RPCStatus(.resourceExhausted, "more questions than answers that were read")
        }
        let answer = try message.withRawBytes { (bytes) throws(RPCStatus) in
            do throws(ProtoProblem) {
                return reflection(try ReflectionRequest(bytes), bytes)
            } catch {
                throw RPCStatus(error)
            }
        }
        door.beginAnswer(call)
        call.unsentMessages += 1
        let sent = eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in call.unsentMessages -= 1 }
        door.send(Envelope.wrap(answer), on: call, sent: sent)
    }

    /// ServerReflectionResponse: valid_host 1, original_request 2, file_descriptor_response 4 (file_descriptor_proto 1),
    /// list_services_response 6 (service 1 (name 1)), error_response 7 (error_code 1, error_message 2).
    private func reflection(_ request: ReflectionRequest, _ original: UnsafeRawBufferPointer) -> [UInt8] {
        ProtoWriter.message { answer in
            answer.text(1, request.host)
            answer.message(2, Array(original))
            switch request.question {
            case .file(let name): files(parts.descriptors.closure(of: name), name, &answer)
            case .symbol(let name): files(parts.descriptors.closure(declaring: name), name, &answer)
            case .extensions: problem(.notFound, "there are no extensions", &answer)
            case .nothing: problem(.invalidArgument, "the request asks nothing", &answer)
            case .services:
                answer.message(
                    6,
                    ProtoWriter.message { list in
                        for service in parts.methods.services {
                            list.message(1, ProtoWriter.message { $0.text(1, service) })
                        }
                    })
            }
        }
    }

    private func files(_ files: [[UInt8]]?, _ name: String, _ answer: inout ProtoWriter) {
        guard let files else { return problem(.notFound, "nothing here is named '\(name.prefix(200))'", &answer) }
        answer.message(4, ProtoWriter.message { list in for file in files { list.message(1, file) } })
    }

    private func problem(_ code: RPCCode, _ message: String, _ answer: inout ProtoWriter) {
        answer.message(
            7,
            ProtoWriter.message { error in
                error.integer(1, Int64(code.rawValue))
                error.text(2, message)
            })
    }
}
