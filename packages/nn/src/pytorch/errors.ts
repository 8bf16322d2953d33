import { NnError } from '../errors';

/** A PyTorch checkpoint is damaged, or holds what a file of tensors has no need of. */
export class PytorchError extends NnError {
  override readonly name = 'PytorchError';
  constructor(where: string, expected: string, got: string, advice = 'use an undamaged file that `torch.save` wrote') {
    super(`PyTorch checkpoint, ${where}`, expected, got, advice);
  }
}
