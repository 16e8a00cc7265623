import { spawnSync } from 'node:child_process';

/** The Python that `LEASH_PYTHON` names, or python3, where it has Gymnasium; undefined: there is none here. */
export function pythonWithGymnasium(): string | undefined {
  const python = process.env.LEASH_PYTHON || 'python3';
  const { status } = spawnSync(python, ['-c', 'import gymnasium'], { stdio: 'ignore' });
  return status === 0 ? python : undefined;
}

/** To stand in the name of tests that are skipped without it. */
export const NEEDS = 'with a Python that has Gymnasium (LEASH_PYTHON)';
