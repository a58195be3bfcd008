import { ReidError } from '../errors.ts';

/** Which rule a file breaks: `ReidError.reason` of everything that reading a checkpoint refuses. */
export type CheckpointFault =
  | 'bad-header'
  | 'bad-index'
  | 'bad-pickle'
  | 'bad-zip'
  | 'byte-order'
  | 'checksum'
  | 'entry-size'
  | 'forbidden-global'
  | 'hole'
  | 'limit'
  | 'missing-entry'
  | 'missing-shard'
  | 'missing-tensor'
  | 'not-a-checkpoint'
  | 'not-a-state-dict'
  | 'out-of-range'
  | 'overlap'
  | 'path-escape'
  | 'size-mismatch'
  | 'storage-bounds'
  | 'truncated'
  | 'unknown-dtype';

const HINTS: Partial<Record<CheckpointFault, string>> = {
  'byte-order': 'load and save it again on a machine of today.',
  checksum: 'copy or download the file again.',
  'forbidden-global':
    'nothing of a checkpoint is ever run. If you trust the file, load it in Python and save only its weights: torch.save(model.state_dict(), "weights.pth").',
  'missing-shard': 'put every file of the set into one folder.',
  'not-a-checkpoint': 'give a .safetensors, .pth, .pt or .bin file, an index of shards, or a folder that holds one of these.',
  'not-a-state-dict': 'save what model.state_dict() gives.',
  'path-escape': 'all files of the set must lie beside the index.',
  truncated: 'the file was not copied or downloaded whole.',
};

/** Throws FILE_INVALID for a checkpoint, saying which rule it breaks and what to do. */
export function refuseCheckpoint(source: string, reason: CheckpointFault, detail: string, cause?: unknown): never {
  const hint = HINTS[reason] ?? 'the file is damaged, or was made to look like a checkpoint.';
  throw new ReidError('FILE_INVALID', `${source} cannot be read as a checkpoint: ${detail}.`, { reason, hint, cause });
}
