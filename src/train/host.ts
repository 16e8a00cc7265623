import type { Config } from '../config/schema.ts';
import type { TrainingInputs } from './initial-policy.ts';

/** What the loop needs of the machine. */
export interface Host {
  readonly versions: { readonly node: string; readonly v8: string };
  /** `linux x64` */
  readonly platform: string;
  /** Its model. */
  readonly processor: string;
  /** Lets signals, bars and servers have their turn. */
  turn(): Promise<void>;
  /** Reads the files that a config names. @throws UserError */
  readInputs(config: Config): TrainingInputs;
  /** In hexadecimal. */
  sha256(bytes: Uint8Array): string;
}
