import { cuhk03Np } from './cuhk03-np.ts';
import { dukemtmcReid } from './dukemtmc-reid.ts';
import { last } from './last.ts';
import { ltcc } from './ltcc.ts';
import { market1501 } from './market1501.ts';
import { marketStyle } from './market-style.ts';
import { msmt17Market } from './msmt17-market.ts';
import { occludedDuke } from './occluded-duke.ts';
import { occludedReid } from './occluded-reid.ts';
import { pDukemtmc } from './p-dukemtmc.ts';
import { pEthz } from './p-ethz.ts';
import { partialIlids } from './partial-ilids.ts';
import { partialReid } from './partial-reid.ts';
import { prcc } from './prcc.ts';
import { synthetic } from './synthetic.ts';
import { vcClothes } from './vc-clothes.ts';

/** Readers of data sets of crops and tracklets. */
export const imageSets = {
  'dataset/cuhk03-np': cuhk03Np,
  'dataset/dukemtmc-reid': dukemtmcReid,
  'dataset/last': last,
  'dataset/ltcc': ltcc,
  'dataset/market-style': marketStyle,
  'dataset/market1501': market1501,
  'dataset/msmt17-market': msmt17Market,
  'dataset/occluded-duke': occludedDuke,
  'dataset/occluded-reid': occludedReid,
  'dataset/p-dukemtmc': pDukemtmc,
  'dataset/p-ethz': pEthz,
  'dataset/partial-ilids': partialIlids,
  'dataset/partial-reid': partialReid,
  'dataset/prcc': prcc,
  'dataset/synthetic': synthetic,
  'dataset/vc-clothes': vcClothes,
};
