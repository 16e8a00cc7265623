import { parseRecord } from '../run/record.ts';
import { readJsonFile } from './text-file.ts';

/** Reads a `run.json`. @throws UserError in one line when it cannot be read or is damaged */
export function readRecord(file: string): ReturnType<typeof parseRecord> {
  return parseRecord(readJsonFile(file, 'file'), file);
}
