import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { CONSTANTS_FILE, type ConstantPlaces } from './constants-file.ts';
import { type Attribute, ELEMENT_TYPE, type OnnxGraph, type OnnxNode, type OnnxValue } from './graph.ts';

// Field numbers of onnx.proto3 (ONNX 1.17, IR version 9). Only what is written here.
const MODEL = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8, metadataProps: 14 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;
const EXTERNAL = 1;

/** ONNX operator set that graphs are written in. */
const OPSET = 18;

type Writer = BinaryWriter;

const text = (writer: Writer, field: number, value: string): Writer => writer.tag(field, WireType.LengthDelimited).string(value);
const integer = (writer: Writer, field: number, value: number): Writer => writer.tag(field, WireType.Varint).int64(value);

function message(writer: Writer, field: number, fill: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill();
  writer.join();
}

function attribute(writer: Writer, name: string, value: Attribute): void {
  message(writer, NODE.attribute, () => {
    text(writer, ATTRIBUTE.name, name);
    if (Array.isArray(value)) {
      for (const item of value) integer(writer, ATTRIBUTE.ints, item);
      integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.ints);
    } else if (typeof value === 'string') {
      text(writer, ATTRIBUTE.s, value);
      integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.string);
    } else if (typeof value === 'number') {
      integer(writer, ATTRIBUTE.i, value);
      integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.int);
    } else {
      writer.tag(ATTRIBUTE.f, WireType.Bit32).float((value as { float: number }).float);
      integer(writer, ATTRIBUTE.type, ATTRIBUTE_TYPE.float);
    }
  });
}

function node(writer: Writer, { op, domain, inputs, outputs, attributes }: OnnxNode): void {
  message(writer, GRAPH.node, () => {
    for (const value of inputs) text(writer, NODE.input, value?.name ?? '');
    for (const value of outputs) text(writer, NODE.output, value.name);
    text(writer, NODE.opType, op);
    for (const [name, value] of Object.entries(attributes)) attribute(writer, name, value);
    if (domain) text(writer, NODE.domain, domain);
  });
}

/** StringStringEntryProto { key, value }. */
function entry(writer: Writer, field: number, key: string, value: string): void {
  message(writer, field, () => {
    text(writer, 1, key);
    text(writer, 2, value);
  });
}

function initializer(writer: Writer, { name, shape, type, data }: OnnxValue, place: number | undefined): void {
  message(writer, GRAPH.initializer, () => {
    for (const length of shape) integer(writer, TENSOR.dims, length);
    integer(writer, TENSOR.dataType, ELEMENT_TYPE[type]);
    text(writer, TENSOR.name, name);
    if (place === undefined) {
      writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength));
      return;
    }
    entry(writer, TENSOR.externalData, 'location', CONSTANTS_FILE);
    entry(writer, TENSOR.externalData, 'offset', String(place));
    entry(writer, TENSOR.externalData, 'length', String(data!.byteLength));
    integer(writer, TENSOR.dataLocation, EXTERNAL);
  });
}

/** ValueInfoProto { name, type { tensor { elem_type, shape { dim { value | param } } } } }. */
function valueInfo(writer: Writer, field: number, { name, shape, type }: OnnxValue, anyShape: boolean): void {
  message(writer, field, () => {
    text(writer, 1, name);
    message(writer, 2, () =>
      message(writer, 1, () => {
        integer(writer, 1, ELEMENT_TYPE[type]);
        message(writer, 2, () => {
          shape.forEach((length, axis) =>
            message(writer, 1, () => void (anyShape ? text(writer, 2, `${name}_${axis}`) : integer(writer, 1, length))),
          );
        });
      }),
    );
  });
}

/** How {@link modelBytes} writes a graph. */
export interface ModelOptions {
  /** Inputs and outputs keep their rank only. */
  readonly anyShape?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Constants that lie in a file beside the model. */
  readonly places?: ConstantPlaces;
}

/** The bytes of an ONNX file. */
export function modelBytes(graph: OnnxGraph, { anyShape = false, metadata = {}, places }: ModelOptions = {}): Uint8Array {
  const writer = new BinaryWriter();
  integer(writer, MODEL.irVersion, 9);
  text(writer, MODEL.producerName, 'reidkit');
  message(writer, MODEL.graph, () => {
    for (const each of graph.nodes) node(writer, each);
    text(writer, GRAPH.name, 'reidkit');
    for (const constant of graph.usedConstants()) initializer(writer, constant, places?.get(constant));
    for (const value of graph.inputs) valueInfo(writer, GRAPH.input, value, anyShape);
    for (const value of graph.outputs) valueInfo(writer, GRAPH.output, value, anyShape);
  });
  for (const [domain, version] of [
    ['', OPSET],
    ['com.microsoft', 1],
  ] as const) {
    message(writer, MODEL.opsetImport, () => {
      text(writer, 1, domain);
      integer(writer, 2, version);
    });
  }
  for (const [key, value] of Object.entries(metadata)) entry(writer, MODEL.metadataProps, key, value);
  return writer.finish();
}
