import type { KernelBackend, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';

type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** What conv2d was called with, as its kernels see it. */
interface Attributes {
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | number;
  readonly filterShape: [number, number, number, number];
}

const KERNEL_GRADIENT = 'Conv2DBackpropFilter';

/** What training a convolution needs and TensorFlow.js 4.22 does not have. */
export function completeConvolution(tf: TensorFlow): void {
  if (!tf.getGradient(KERNEL_GRADIENT)) registerSecondGradient(tf);
  if (!tf.getKernel(KERNEL_GRADIENT, 'wasm')) registerWasmKernelGradient(tf);
}

/**
 * The gradient of conv2d's kernel gradient in what comes from above, which `jvp` needs: dW is linear in dy, and
 * ⟨V, dW(x, dy)⟩ = ⟨conv2d(x, V), dy⟩.
 */
function registerSecondGradient(tf: TensorFlow): void {
  tf.registerGradient({
    kernelName: KERNEL_GRADIENT,
    inputsToSave: ['x', 'dy'],
    gradFunc: (v, saved, attributes) => {
      const [x, dy] = saved as [Tensor4D, Tensor4D];
      const { strides, pad } = attributes as unknown as Attributes;
      const kernel = v as Tensor4D;
      return {
        x: () => tf.conv2dTranspose(dy, kernel, x.shape, strides, pad),
        dy: () => tf.conv2d(x, kernel, strides, pad),
      };
    },
  });
}

/**
 * dW for the wasm backend, which lacks it: the patches of x that each kernel weight saw, side by side as columns
 * [N·H·W, h·w·in], transposed times dy [N·H·W, out].
 */
function registerWasmKernelGradient(tf: TensorFlow): void {
  tf.registerKernel({
    kernelName: KERNEL_GRADIENT,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }): TensorInfo => {
      const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
      const { strides, pad, filterShape } = attrs as unknown as Attributes;
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
      const { top, bottom, left, right } = info.padInfo;
      const [rows, columns] = [(info.outHeight - 1) * strides[0] + 1, (info.outWidth - 1) * strides[1] + 1];
      const [height, width, channels, outputs] = filterShape;
      const gradient = tf.tidy(() => {
        const padded = tf.pad(x, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]);
        const patches: Tensor4D[] = [];
        for (let h = 0; h < height; h++) {
          for (let w = 0; w < width; w++) {
            const end = [x.shape[0], h + rows, w + columns, channels];
            patches.push(tf.stridedSlice(padded, [0, h, w, 0], end, [1, ...strides, 1]) as Tensor4D);
          }
        }
        const samples = x.shape[0] * info.outHeight * info.outWidth;
        const seen = tf.reshape(tf.concat(patches, 3), [samples, height * width * channels]);
        return tf.reshape(tf.matMul(seen, tf.reshape(dy, [samples, outputs]), true), filterShape);
      });
      // The caller makes a tensor of its own over these numbers, and this one is disposed of.
      (backend as KernelBackend).incRef(gradient.dataId);
      return gradient;
    },
  });
}
