/** CartPole as a file of one's own: the same source, loaded as one. */
export { cartPole as default } from '../../envs/cart-pole.ts';
