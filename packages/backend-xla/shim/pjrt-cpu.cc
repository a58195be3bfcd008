// A PJRT C API (GetPjrtApi) for the processor, over the C++ client that the TensorFlow of PyPI's wheel exports from libtensorflow_cc.
// Built against exactly one version of that wheel (see the README). Functions that @reidkit/backend-xla does not call are absent.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "xla/hlo/builder/xla_computation.h"
#include "xla/pjrt/c/pjrt_c_api.h"
#include "xla/pjrt/pjrt_client.h"
#include "xla/pjrt/pjrt_executable.h"
#include "xla/pjrt/plugin/xla_cpu/xla_cpu_pjrt_client.h"
#include "xla/pjrt/proto/compile_options.pb.h"

namespace xla {
// Declared here, because the header that declares it wants all of MLIR.
absl::Status ParseMlirModuleStringAndConvertToXlaComputation(absl::string_view, XlaComputation&, bool use_tuple_args, bool return_tuple);
}  // namespace xla

struct PJRT_Error {
  absl::Status status;
  std::string text;
};
struct PJRT_Event {
  xla::Future<> future;
};
struct PJRT_DeviceDescription {
  const xla::PjRtDeviceDescription* description;
};
struct PJRT_Device {
  xla::PjRtDevice* device;
  PJRT_DeviceDescription description;
};
struct PJRT_Client {
  std::unique_ptr<xla::PjRtClient> client;
  std::vector<PJRT_Device> devices;
  std::vector<PJRT_Device*> pointers;
};
struct PJRT_Executable {
  xla::PjRtLoadedExecutable* loaded;
  size_t outputs;
};
struct PJRT_LoadedExecutable {
  std::unique_ptr<xla::PjRtLoadedExecutable> loaded;
  PJRT_Executable executable;
};
struct PJRT_SerializedExecutable {
  std::string bytes;
};
struct PJRT_Buffer {
  std::unique_ptr<xla::PjRtBuffer> buffer;
};

namespace {

PJRT_Error* ErrorOf(absl::Status status) {
  if (status.ok()) return nullptr;
  std::string text(status.message());
  return new PJRT_Error{std::move(status), std::move(text)};
}

#define RETURN_IF_ERROR(expression)              \
  do {                                           \
    absl::Status status_ = (expression);         \
    if (!status_.ok()) return ErrorOf(status_);  \
  } while (0)

// A step asks for the same sizes every time; fresh pages cost a fault each, a quarter of the time of a small model's step.
class KeptMemory : public xla::CpuMemory {
 public:
  KeptMemory(size_t size, size_t alignment) : size_(size), alignment_(alignment < 64 ? 64 : alignment) {
    std::lock_guard<std::mutex> guard(mutex());
    auto found = pool().lower_bound({alignment_, size});
    if (found != pool().end() && found->first.first == alignment_ && found->first.second <= size + size / 8 + 4096) {
      capacity_ = found->first.second;
      data_ = found->second;
      pool().erase(found);
      return;
    }
    capacity_ = (size + alignment_ - 1) / alignment_ * alignment_;
    if (capacity_ == 0) capacity_ = alignment_;
    data_ = std::aligned_alloc(alignment_, capacity_);
  }
  ~KeptMemory() override {
    std::lock_guard<std::mutex> guard(mutex());
    pool().insert({{alignment_, capacity_}, data_});
  }
  void* base() const override { return data_; }
  size_t size_bytes() const override { return size_; }

 private:
  using Pool = std::multimap<std::pair<size_t, size_t>, void*>;
  static Pool& pool() {
    static Pool* pool = new Pool;
    return *pool;
  }
  static std::mutex& mutex() {
    static std::mutex* mutex = new std::mutex;
    return *mutex;
  }
  size_t size_, alignment_, capacity_;
  void* data_;
};

void ErrorDestroy(PJRT_Error_Destroy_Args* args) { delete args->error; }
void ErrorMessage(PJRT_Error_Message_Args* args) {
  args->message = args->error->text.data();
  args->message_size = args->error->text.size();
}
PJRT_Error* ErrorGetCode(PJRT_Error_GetCode_Args* args) {
  args->code = static_cast<PJRT_Error_Code>(args->error->status.code());
  return nullptr;
}
PJRT_Error* PluginInitialize(PJRT_Plugin_Initialize_Args*) { return nullptr; }
PJRT_Error* EventDestroy(PJRT_Event_Destroy_Args* args) {
  delete args->event;
  return nullptr;
}
PJRT_Error* EventAwait(PJRT_Event_Await_Args* args) { return ErrorOf(args->event->future.Await()); }

// Takes one option: cpu_device_count, how many devices the processor plays.
PJRT_Error* ClientCreate(PJRT_Client_Create_Args* args) {
  xla::CpuClientOptions options;
  options.cpu_device_count = 1;
  for (size_t i = 0; i < args->num_options; i++) {
    const PJRT_NamedValue& option = args->create_options[i];
    if (std::string(option.name, option.name_size) == "cpu_device_count") options.cpu_device_count = option.int64_value;
  }
  options.allocator = [](size_t size, size_t alignment) -> absl::StatusOr<std::unique_ptr<xla::CpuMemory>> {
    auto memory = std::make_unique<KeptMemory>(size, alignment);
    if (memory->base() == nullptr) return absl::ResourceExhaustedError("out of memory: " + std::to_string(size) + " bytes were asked for");
    return memory;
  };
  auto client = xla::GetXlaPjrtCpuClient(std::move(options));
  RETURN_IF_ERROR(client.status());
  auto* made = new PJRT_Client{std::move(*client), {}, {}};
  for (auto* device : made->client->addressable_devices()) made->devices.push_back({device, {&device->description()}});
  for (auto& device : made->devices) made->pointers.push_back(&device);
  args->client = made;
  return nullptr;
}
PJRT_Error* ClientDestroy(PJRT_Client_Destroy_Args* args) {
  delete args->client;
  return nullptr;
}
PJRT_Error* PlatformName(PJRT_Client_PlatformName_Args* args) {
  auto name = args->client->client->platform_name();
  args->platform_name = name.data();
  args->platform_name_size = name.size();
  return nullptr;
}
PJRT_Error* PlatformVersion(PJRT_Client_PlatformVersion_Args* args) {
  static const std::string& version = *new std::string("tensorflow " REIDKIT_TENSORFLOW_VERSION);
  args->platform_version = version.data();
  args->platform_version_size = version.size();
  return nullptr;
}
PJRT_Error* AddressableDevices(PJRT_Client_AddressableDevices_Args* args) {
  args->addressable_devices = args->client->pointers.data();
  args->num_addressable_devices = args->client->pointers.size();
  return nullptr;
}
PJRT_Error* GetDescription(PJRT_Device_GetDescription_Args* args) {
  args->device_description = &args->device->description;
  return nullptr;
}
PJRT_Error* DeviceKind(PJRT_DeviceDescription_Kind_Args* args) {
  auto kind = args->device_description->description->device_kind();
  args->device_kind = kind.data();
  args->device_kind_size = kind.size();
  return nullptr;
}

size_t OutputsOf(const xla::Shape& shape) { return shape.IsTuple() ? shape.tuple_shapes().size() : 1; }

PJRT_Error* Compile(PJRT_Client_Compile_Args* args) {
  if (std::string(args->program->format, args->program->format_size) != "mlir") return ErrorOf(absl::InvalidArgumentError("the format must be mlir"));
  xla::CompileOptionsProto proto;
  if (!proto.ParseFromString(std::string(args->compile_options, args->compile_options_size))) return ErrorOf(absl::InvalidArgumentError("no CompileOptionsProto"));
  auto options = xla::CompileOptions::FromProto(proto);
  RETURN_IF_ERROR(options.status());
  xla::XlaComputation computation;
  RETURN_IF_ERROR(xla::ParseMlirModuleStringAndConvertToXlaComputation({args->program->code, args->program->code_size}, computation, false, false));
  auto shape = computation.GetProgramShape();
  RETURN_IF_ERROR(shape.status());
  auto loaded = args->client->client->CompileAndLoad(computation, *options);
  RETURN_IF_ERROR(loaded.status());
  auto* pointer = loaded->get();
  args->executable = new PJRT_LoadedExecutable{std::move(*loaded), {pointer, OutputsOf(shape->result())}};
  return nullptr;
}
PJRT_Error* GetExecutable(PJRT_LoadedExecutable_GetExecutable_Args* args) {
  args->executable = &args->loaded_executable->executable;
  return nullptr;
}
PJRT_Error* NumOutputs(PJRT_Executable_NumOutputs_Args* args) {
  args->num_outputs = args->executable->outputs;
  return nullptr;
}
PJRT_Error* MemoryStats(PJRT_Executable_GetCompiledMemoryStats_Args* args) {
  auto stats = args->executable->loaded->GetCompiledMemoryStats();
  RETURN_IF_ERROR(stats.status());
  args->generated_code_size_in_bytes = stats->generated_code_size_in_bytes;
  args->argument_size_in_bytes = stats->argument_size_in_bytes;
  args->output_size_in_bytes = stats->output_size_in_bytes;
  args->alias_size_in_bytes = stats->alias_size_in_bytes;
  args->temp_size_in_bytes = stats->temp_size_in_bytes;
  args->peak_memory_in_bytes = stats->peak_memory_in_bytes;
  return nullptr;
}
// The number of outputs goes in front: a loaded executable does not tell it without compiling.
PJRT_Error* Serialize(PJRT_Executable_Serialize_Args* args) {
  auto bytes = args->executable->loaded->SerializeExecutable();
  RETURN_IF_ERROR(bytes.status());
  uint64_t outputs = args->executable->outputs;
  auto* made = new PJRT_SerializedExecutable{std::string(reinterpret_cast<const char*>(&outputs), sizeof outputs) + *bytes};
  args->serialized_executable = made;
  args->serialized_bytes = made->bytes.data();
  args->serialized_bytes_size = made->bytes.size();
  args->serialized_executable_deleter = [](PJRT_SerializedExecutable* old) { delete old; };
  return nullptr;
}
PJRT_Error* Deserialize(PJRT_Executable_DeserializeAndLoad_Args* args) {
  uint64_t outputs;
  if (args->serialized_executable_size < sizeof outputs) return ErrorOf(absl::InvalidArgumentError("a serialized executable is cut short"));
  std::memcpy(&outputs, args->serialized_executable, sizeof outputs);
  absl::string_view bytes(args->serialized_executable + sizeof outputs, args->serialized_executable_size - sizeof outputs);
  std::optional<xla::CompileOptions> options;
  if (args->overridden_serialized_compile_options_size > 0) {
    xla::CompileOptionsProto proto;
    if (!proto.ParseFromString(std::string(args->overridden_serialized_compile_options, args->overridden_serialized_compile_options_size))) return ErrorOf(absl::InvalidArgumentError("no CompileOptionsProto"));
    auto read = xla::CompileOptions::FromProto(proto);
    RETURN_IF_ERROR(read.status());
    options = *read;
  }
  auto loaded = args->client->client->LoadSerializedExecutable(bytes, options, xla::LoadOptions());
  RETURN_IF_ERROR(loaded.status());
  auto* pointer = loaded->get();
  args->loaded_executable = new PJRT_LoadedExecutable{std::move(*loaded), {pointer, outputs}};
  return nullptr;
}
PJRT_Error* ExecutableDestroy(PJRT_Executable_Destroy_Args*) { return nullptr; }
PJRT_Error* LoadedDestroy(PJRT_LoadedExecutable_Destroy_Args* args) {
  delete args->executable;
  return nullptr;
}

xla::PrimitiveType TypeOf(PJRT_Buffer_Type type) {
  switch (type) {
    case PJRT_Buffer_Type_PRED: return xla::PRED;
    case PJRT_Buffer_Type_S32: return xla::S32;
    case PJRT_Buffer_Type_F32: return xla::F32;
    case PJRT_Buffer_Type_BF16: return xla::BF16;
    default: return xla::PRIMITIVE_TYPE_INVALID;
  }
}
PJRT_Error* FromHost(PJRT_Client_BufferFromHostBuffer_Args* args) {
  auto memory = args->device->device->default_memory_space();
  RETURN_IF_ERROR(memory.status());
  auto buffer = args->client->client->BufferFromHostBuffer(
      args->data, TypeOf(args->type), absl::Span<const int64_t>(args->dims, args->num_dims), std::nullopt,
      xla::PjRtClient::HostBufferSemantics::kImmutableOnlyDuringCall, nullptr, *memory, nullptr);
  RETURN_IF_ERROR(buffer.status());
  args->buffer = new PJRT_Buffer{std::move(*buffer)};
  args->done_with_host_buffer = new PJRT_Event{xla::Future<>(absl::OkStatus())};
  return nullptr;
}
PJRT_Error* BufferDestroy(PJRT_Buffer_Destroy_Args* args) {
  delete args->buffer;
  return nullptr;
}
PJRT_Error* ToHost(PJRT_Buffer_ToHostBuffer_Args* args) {
  auto size = args->src->buffer->GetOnDeviceSizeInBytes();
  RETURN_IF_ERROR(size.status());
  if (args->dst == nullptr) {
    args->dst_size = *size;
    return nullptr;
  }
  args->event = new PJRT_Event{args->src->buffer->CopyRawToHost(args->dst, 0, *size)};
  return nullptr;
}
PJRT_Error* Execute(PJRT_LoadedExecutable_Execute_Args* args) {
  std::vector<std::vector<xla::PjRtBuffer*>> inputs(args->num_devices);
  for (size_t d = 0; d < args->num_devices; d++) {
    for (size_t i = 0; i < args->num_args; i++) inputs[d].push_back(args->argument_lists[d][i]->buffer.get());
  }
  std::optional<std::vector<xla::Future<>>> done;
  if (args->device_complete_events) done.emplace();
  auto results = args->executable->loaded->Execute(inputs, xla::ExecuteOptions(), done);
  RETURN_IF_ERROR(results.status());
  for (size_t d = 0; d < args->num_devices; d++) {
    for (size_t i = 0; i < (*results)[d].size(); i++) args->output_lists[d][i] = new PJRT_Buffer{std::move((*results)[d][i])};
    if (args->device_complete_events) args->device_complete_events[d] = new PJRT_Event{std::move((*done)[d])};
  }
  return nullptr;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const PJRT_Api* GetPjrtApi() {
  static PJRT_Api api = [] {
    PJRT_Api made;
    std::memset(&made, 0, sizeof made);
    made.struct_size = PJRT_Api_STRUCT_SIZE;
    made.pjrt_api_version = {PJRT_Api_Version_STRUCT_SIZE, nullptr, PJRT_API_MAJOR, PJRT_API_MINOR};
    made.PJRT_Error_Destroy = ErrorDestroy;
    made.PJRT_Error_Message = ErrorMessage;
    made.PJRT_Error_GetCode = ErrorGetCode;
    made.PJRT_Plugin_Initialize = PluginInitialize;
    made.PJRT_Event_Destroy = EventDestroy;
    made.PJRT_Event_Await = EventAwait;
    made.PJRT_Client_Create = ClientCreate;
    made.PJRT_Client_Destroy = ClientDestroy;
    made.PJRT_Client_PlatformName = PlatformName;
    made.PJRT_Client_PlatformVersion = PlatformVersion;
    made.PJRT_Client_AddressableDevices = AddressableDevices;
    made.PJRT_Device_GetDescription = GetDescription;
    made.PJRT_DeviceDescription_Kind = DeviceKind;
    made.PJRT_Client_Compile = Compile;
    made.PJRT_LoadedExecutable_GetExecutable = GetExecutable;
    made.PJRT_Executable_NumOutputs = NumOutputs;
    made.PJRT_Executable_GetCompiledMemoryStats = MemoryStats;
    made.PJRT_Executable_Serialize = Serialize;
    made.PJRT_Executable_DeserializeAndLoad = Deserialize;
    made.PJRT_Executable_Destroy = ExecutableDestroy;
    made.PJRT_LoadedExecutable_Destroy = LoadedDestroy;
    made.PJRT_LoadedExecutable_Execute = Execute;
    made.PJRT_Client_BufferFromHostBuffer = FromHost;
    made.PJRT_Buffer_Destroy = BufferDestroy;
    made.PJRT_Buffer_ToHostBuffer = ToHost;
    return made;
  }();
  return &api;
}
