/** One file of a package index. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What an engine needs and npm does not have. */
export interface Kit {
  readonly name: string;
  readonly summary: string;
  readonly wheels: readonly Wheel[];
  /** Beginnings of the paths that are unpacked; all where it names none. */
  readonly files?: readonly string[];
  /** Name of the PJRT plugin among the files. */
  readonly plugin?: string;
  /** Whether the plugin is compiled here. */
  readonly needsShim?: boolean;
  /** What to do then. */
  readonly next: string;
}

// Made from pip's report of `jax-cuda13-plugin[with-cuda]` and so on, for Linux x64 with glibc.
const TENSORFLOW: readonly Wheel[] = [
  {
    name: 'tensorflow-cpu',
    version: '2.21.0',
    bytes: 273829956,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
];

const CUDA_13: readonly Wheel[] = [
  {
    name: 'jax-cuda13-pjrt',
    version: '0.10.2',
    bytes: 124395292,
    sha256: 'a97e9cabe0e21d8dbcc70bd909ca1c34cd546d3ce2d94b4cd907a8d4f6179f6a',
  },
  {
    name: 'nvidia-cublas',
    version: '13.10.0.20',
    bytes: 444289903,
    sha256: 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84',
  },
  {
    name: 'nvidia-cuda-cupti',
    version: '13.5.25',
    bytes: 12592974,
    sha256: '9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650',
  },
  {
    name: 'nvidia-cuda-nvcc',
    version: '13.5.37',
    bytes: 47028279,
    sha256: 'f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7',
  },
  {
    name: 'nvidia-cuda-nvrtc',
    version: '13.5.37',
    bytes: 58185930,
    sha256: '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc',
  },
  {
    name: 'nvidia-cuda-runtime',
    version: '13.5.37',
    bytes: 2504024,
    sha256: 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d',
  },
  {
    name: 'nvidia-cudnn-cu13',
    version: '9.28.0.42',
    bytes: 516782127,
    sha256: '7358353c75bb121a58e5f7712fe6d588883dc1df8ba00f428237e44e97543c4d',
  },
  {
    name: 'nvidia-cufft',
    version: '12.5.0.14',
    bytes: 165072555,
    sha256: 'b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad',
  },
  {
    name: 'nvidia-cusolver',
    version: '12.4.1.2',
    bytes: 260003940,
    sha256: 'b3b8e02fd2f2df869369af075dc3a179d43f6f7b85e94632a7dce556697be044',
  },
  {
    name: 'nvidia-cusparse',
    version: '12.9.4.2',
    bytes: 230422857,
    sha256: '072667e58c851a318738f5527a12eb225cbf058803f2ea451c722d8cf8edddec',
  },
  {
    name: 'nvidia-nccl-cu13',
    version: '2.32.3',
    bytes: 305100071,
    sha256: '1459723080ac889d73a26edfa3e04383a7928ab31ac8f0ec43b3ea9548b04ff3',
  },
  {
    name: 'nvidia-nvjitlink',
    version: '13.5.37',
    bytes: 46642491,
    sha256: '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb',
  },
  {
    name: 'nvidia-nvshmem-cu13',
    version: '3.8.0',
    bytes: 182092449,
    sha256: '81a4d1f666543e6d34df6d2ff940c7da1435e34e186aab6f3c2b48861b64ef38',
  },
  { name: 'nvidia-nvvm', version: '13.5.37', bytes: 75141406, sha256: 'c41bfa362e407405163f103c2229f0765f8cc2ed7d148b754dc77f228bf7e070' },
  {
    name: 'nvidia-cuda-cccl',
    version: '13.3.5.0.6',
    bytes: 4113651,
    sha256: 'd5230098fa2df5021e1a00c0c4eee41797671a91119d31e892463e5ccf3ee326',
  },
  {
    name: 'nvidia-cuda-crt',
    version: '13.5.37',
    bytes: 166163,
    sha256: 'e898b7f73d3035fa89915a3f7bf3b54a73e90249746111aed295822c4729bb29',
  },
];

const CUDA_12: readonly Wheel[] = [
  {
    name: 'jax-cuda12-pjrt',
    version: '0.10.2',
    bytes: 174364763,
    sha256: '806d1fd29038b6acf5a2b289dd62192abea977ee26aef60ea295b1d28a23acf8',
  },
  {
    name: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    bytes: 581217458,
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  },
  {
    name: 'nvidia-cuda-cupti-cu12',
    version: '12.9.79',
    bytes: 10814997,
    sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
  },
  {
    name: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    bytes: 40546229,
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  },
  {
    name: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    bytes: 89568129,
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  },
  {
    name: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    bytes: 3493179,
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  },
  {
    name: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    bytes: 716538495,
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  },
  {
    name: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    bytes: 200877592,
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  },
  {
    name: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    bytes: 338117415,
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  },
  {
    name: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    bytes: 366465088,
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  },
  {
    name: 'nvidia-nccl-cu12',
    version: '2.32.3',
    bytes: 351526311,
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  },
  {
    name: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    bytes: 39748338,
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  },
  {
    name: 'nvidia-nvshmem-cu12',
    version: '3.8.0',
    bytes: 280800183,
    sha256: 'b2e5760d6158aefe7bb74348d5128bb1b46a7dd1fd4b7b1e6fe55b4b07888f70',
  },
  {
    name: 'nvidia-cuda-cccl-cu12',
    version: '12.9.27',
    bytes: 3152243,
    sha256: '37869e17ce2e1ecec6eddf1927cca0f8c34e64fd848d40453df559091e2d7117',
  },
];

const LIBRARY = ['tensorflow/libtensorflow_', 'tensorflow/include/'];

/** Everything that `reidkit backend install` can fetch. */
export const KITS: readonly Kit[] = [
  {
    name: 'xla-cuda13',
    summary: 'XLA for NVIDIA cards with a driver for CUDA 13, with the libraries of CUDA',
    wheels: CUDA_13,
    plugin: 'xla_cuda_plugin.so',
    next: 'run with --backend xla, or REIDKIT_BACKEND=xla; `reidkit doctor` shows the card.',
  },
  {
    name: 'xla-cuda12',
    summary: 'XLA for NVIDIA cards with a driver for CUDA 12, with the libraries of CUDA',
    wheels: CUDA_12,
    plugin: 'xla_cuda_plugin.so',
    next: 'run with --backend xla, or REIDKIT_BACKEND=xla; `reidkit doctor` shows the card.',
  },
  {
    name: 'xla-cpu',
    summary: 'XLA for the processor, out of TensorFlow: for trying and testing; the embedded engine is as fast',
    wheels: TENSORFLOW,
    files: LIBRARY,
    plugin: 'libpjrt_cpu.so',
    needsShim: true,
    next: 'run with --backend xla, or REIDKIT_BACKEND=xla.',
  },
  {
    name: 'tensorflow',
    summary: 'the library of TensorFlow for the processor, against which the addon of tfjs-node is compiled',
    wheels: TENSORFLOW,
    files: LIBRARY,
    next: 'compile the addon of tfjs-node against it: the README of @reidkit/backend-tensorflow has the command; this folder takes the place of its "deps".',
  },
];
