// The same call answered by grpc-go: it decodes the context, looks at one attribute, and evaluates nothing.
package main

import (
	"context"
	"net"
	"os"
	"rpc-peer/pb"

	"google.golang.org/grpc"
	structpb "github.com/golang/protobuf/ptypes/struct"
)

type service interface{}

var metadata = &structpb.Struct{Fields: map[string]*structpb.Value{"flagSetId": {Kind: &structpb.Value_StringValue{StringValue: "bench"}}}}

func resolve(srv interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
	request := new(pb.ResolveBooleanRequest)
	if err := decode(request); err != nil {
		return nil, err
	}
	email := request.Context.GetFields()["email"].GetStringValue()
	variant := "off"
	if email == "me@example.com" {
		variant = "on"
	}
	return &pb.ResolveBooleanResponse{Value: variant == "on", Reason: "TARGETING_MATCH", Variant: variant, Metadata: metadata}, nil
}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "flagd.evaluation.v1.Service", HandlerType: (*service)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "ResolveBoolean", Handler: resolve}},
	}, struct{}{})
	if err := server.Serve(listener); err != nil {
		panic(err)
	}
}
