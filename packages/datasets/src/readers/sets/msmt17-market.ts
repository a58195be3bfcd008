import { cropComponent } from '../crop-component.ts';
import { MSMT17_MARKET } from './market-layouts.ts';

/**
 * `dataset/msmt17-market`. MSMT17 renamed into Market-1501's folders, cameras of one or two digits. Wei et al., "Person Transfer GAN to
 * Bridge Domain Gap", CVPR 2018; on request, for academic research.
 */
export const msmt17Market = cropComponent(MSMT17_MARKET, {
  summary: 'MSMT17 in the folders of Market-1501; for academic research.',
  paper: 'https://arxiv.org/abs/1711.08565',
});
