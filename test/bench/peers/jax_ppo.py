"""PPO on CartPole with the whole loop compiled by XLA, in PureJaxRL's manner; the workload of docs/performance.md.

python jax_ppo.py STEPS SEED
"""

import time

started = time.time()

import sys
from functools import partial

import jax
import jax.numpy as jnp
import optax
from report import Report

ENVS, T, EPOCHS, MINIBATCHES = 4, 128, 4, 4
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE = 0.99, 0.95, 0.2, 0.01, 0.5
UPDATES_A_CALL = 16


def reset(key):
    return jax.random.uniform(key, (4,), minval=-0.05, maxval=0.05)


def step(key, state, time_, action):
    """One step of CartPole-v1 [Gymnasium, classic_control/cartpole.py] with autoreset."""
    x, v, theta, omega = state
    force = jnp.where(action == 1, 10.0, -10.0)
    cos, sin = jnp.cos(theta), jnp.sin(theta)
    push = (force + 0.05 * omega**2 * sin) / 1.1
    angular = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
    linear = push - 0.05 * angular * cos / 1.1
    state = jnp.array([x + 0.02 * v, v + 0.02 * linear, theta + 0.02 * omega, omega + 0.02 * angular])
    time_ = time_ + 1
    done = (jnp.abs(state[0]) > 2.4) | (jnp.abs(state[2]) > 12 * 2 * jnp.pi / 360) | (time_ >= 500)
    return jnp.where(done, reset(key), state), jnp.where(done, 0, time_), done, jnp.where(done, time_, 0)


def mlp(key, outputs, gain):
    widths, gains = [4, 64, 64, outputs], [2**0.5, 2**0.5, gain]
    make = jax.nn.initializers.orthogonal
    keys = jax.random.split(key, 3)
    return [(make(g)(k, (a, b)), jnp.zeros(b)) for k, g, a, b in zip(keys, gains, widths, widths[1:])]


def forward(layers, x):
    for weight, bias in layers[:-1]:
        x = jnp.tanh(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def loss(parameters, batch):
    observations, actions, old_log_probs, old_values, advantages, returns = batch
    log_probs = jax.nn.log_softmax(forward(parameters["policy"], observations))
    log_prob = jnp.take_along_axis(log_probs, actions[:, None], 1)[:, 0]
    ratio = jnp.exp(log_prob - old_log_probs)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    policy = -jnp.minimum(ratio * advantages, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantages).mean()
    values = forward(parameters["value"], observations)[:, 0]
    clipped = old_values + jnp.clip(values - old_values, -CLIP, CLIP)
    value = 0.5 * jnp.maximum((values - returns) ** 2, (clipped - returns) ** 2).mean()
    entropy = -(jnp.exp(log_probs) * log_probs).sum(1).mean()
    return policy - ENTROPY * entropy + VALUE * value


def update(optimizer, carry, _):
    parameters, moments, states, times, key = carry

    def act(carry, _):
        states, times, key = carry
        key, sampling, *resets = jax.random.split(key, 2 + ENVS)
        log_probs = jax.nn.log_softmax(forward(parameters["policy"], states))
        actions = jax.random.categorical(sampling, log_probs)
        values = forward(parameters["value"], states)[:, 0]
        log_prob = jnp.take_along_axis(log_probs, actions[:, None], 1)[:, 0]
        after, times, done, lengths = jax.vmap(step)(jnp.stack(resets), states, times, actions)
        return (after, times, key), (states, actions, log_prob, values, done, lengths)

    (states, times, key), steps = jax.lax.scan(act, (states, times, key), None, T)
    observations, actions, log_probs, values, dones, lengths = steps
    last = forward(parameters["value"], states)[:, 0]

    def backward(carry, at):
        advantage, next_value = carry
        value, done = at
        delta = 1.0 + GAMMA * next_value * (1 - done) - value
        advantage = delta + GAMMA * LAMBDA * (1 - done) * advantage
        return (advantage, value), advantage

    _, advantages = jax.lax.scan(backward, (jnp.zeros(ENVS), last), (values, dones), reverse=True, unroll=16)
    batch = (observations, actions, log_probs, values, advantages, advantages + values)
    batch = jax.tree.map(lambda a: a.reshape((ENVS * T,) + a.shape[2:]), batch)

    def epoch(carry, _):
        key, shuffling = jax.random.split(carry[2])
        order = jax.random.permutation(shuffling, ENVS * T)
        minibatches = jax.tree.map(lambda a: a[order].reshape((MINIBATCHES, -1) + a.shape[1:]), batch)

        def minibatch(carry, one):
            parameters, moments = carry
            gradient = jax.grad(loss)(parameters, one)
            change, moments = optimizer.update(gradient, moments)
            return (optax.apply_updates(parameters, change), moments), None

        (parameters, moments), _ = jax.lax.scan(minibatch, carry[:2], minibatches)
        return (parameters, moments, key), None

    (parameters, moments, key), _ = jax.lax.scan(epoch, (parameters, moments, key), None, EPOCHS)
    return (parameters, moments, states, times, key), (dones.sum(), lengths.sum())


def main(steps, seed):
    updates = -(-steps // (ENVS * T * UPDATES_A_CALL)) * UPDATES_A_CALL
    # Annealed once an update, as PureJaxRL has it.
    rate = lambda count: 2.5e-4 * (1 - (count // (EPOCHS * MINIBATCHES)) / updates)
    optimizer = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(rate, eps=1e-5))
    key, policy, value, *resets = jax.random.split(jax.random.key(seed), 3 + ENVS)
    parameters = {"policy": mlp(policy, 2, 0.01), "value": mlp(value, 1, 1.0)}
    states = jax.vmap(reset)(jnp.stack(resets))
    carry = (parameters, optimizer.init(parameters), states, jnp.zeros(ENVS, int), key)
    run = jax.jit(lambda carry: jax.lax.scan(partial(update, optimizer), carry, None, UPDATES_A_CALL))

    report = Report("JAX, whole loop compiled", started)
    compiled = run.lower(carry).compile()
    begun = time.time()
    for _ in range(updates // UPDATES_A_CALL):
        carry, (episodes, lengths) = compiled(carry)
        for n, total in zip(episodes.tolist(), lengths.tolist()):
            report.update(n, total / max(1, n))
    total = updates * ENVS * T
    report.print(total, time.time() - begun, total)


main(int(sys.argv[1]), int(sys.argv[2]))
